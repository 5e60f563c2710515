import { lost, type Mutant, refused } from './mutant.ts'

const link = 'broker/controller-link'

/** What a broker believes of its controller and of its copy of the metadata log. */
export const ofLink: readonly Mutant[] = [
  {
    name: 'a broker acts on its copy before it has caught up',
    file: `${link}/controller-link.ts`,
    from: 'this.running = this.run().catch(this.options.onFatal)',
    to: 'this.act(this.options.copy.state.image); this.running = this.run().catch(this.options.onFatal)',
    breaks: ['ActsEarly', ...refused, ...lost],
  },
]
