import { type Mutant, refused } from './mutant.ts'

const store = 'operator/controller/store/kubernetes'
const broken = ['LogBroken', 'Fork', 'NotInStore', 'ImagesDiffer', 'BrokerBack'] as const

/** The metadata log on Kubernetes: near-misses of its rules that a model checker found. */
export const ofLog: readonly Mutant[] = [
  {
    name: 'the head is updated without a condition',
    file: `${store}/next-head.ts`,
    from: "    { op: 'test', path: '/spec/chain', value: from.chain },\n",
    to: '',
    plan: 'onKubernetes',
    breaks: broken,
  },
  {
    name: 'whoever is superseded writes on top of what it reads',
    file: `${store}/head-writer.ts`,
    from: "if (chain !== from.chain) return 'superseded'",
    to: "if (chain !== from.chain) operations[0] = { op: 'test', path: '/spec/chain', value: chain }",
    plan: 'deposed',
    breaks: broken,
  },
  {
    name: 'a lost answer is a failure',
    file: `${store}/head-writer.ts`,
    from: "if (outcome.type === 'unknown') sent.mayArrive = true",
    to: "if (outcome.type === 'unknown') throw new StoreError('NotAppended', outcome.why)",
    plan: 'onKubernetes',
    breaks: ['ToldAbsent'],
  },
  {
    name: 'an epoch record is known by its number',
    file: `${store}/head-writer.ts`,
    from: "if (chain === to.chain) return 'written'",
    to: "if (chain === to.chain || isOfNumber(found, to.writer.epoch)) return 'written'",
    also: [
      {
        file: `${store}/head-writer.ts`,
        from: '/** The head as it is now; undefined where there is none.',
        to: 'const isOfNumber = (found, epoch) => found.object?.spec.writer.epoch === epoch\n/** The head',
      },
    ],
    plan: 'deposed',
    breaks: ['ToldThere'],
  },
  {
    name: 'what is not known after a while has failed',
    file: `${store}/patience.ts`,
    from: 'this.#trouble = why\n',
    to: "this.#trouble = why\n    if (attempt > 2) throw new StoreError('NotAppended', why)\n",
    also: [
      {
        file: `${store}/head-writer.ts`,
        from: 'if (!isRefused || !sent.mayArrive) throw error',
        to: 'if (isRefused || !sent.mayArrive) throw error',
      },
    ],
    plan: 'onKubernetes',
    breaks: ['ToldAbsent'],
  },
  {
    name: 'where somebody else wrote, nothing of an attempt before is there',
    file: `${store}/head-writer.ts`,
    from: "if (outcome === 'written' || !sent.mayArrive) return outcome",
    to: 'if (outcome !== undefined) return outcome',
    plan: 'deposed',
    breaks: ['ToldAbsent'],
  },
  {
    name: 'a create without an answer has happened',
    file: `${store}/parts.ts`,
    from: "if (outcome.type === 'unknown') await patience.pause(attempt++, outcome.why)",
    to: "if (outcome.type === 'unknown') part.seenAt = objects.interruptions",
    plan: 'onKubernetes',
    breaks: ['NamedIsMissing'],
  },
  {
    name: 'parts are named before they are there',
    file: `${store}/part-maker.ts`,
    from: 'await ensurePart(api, part)',
    to: 'void ensurePart(api, part).catch(() => {})',
    also: [
      {
        file: `${store}/head-writer.ts`,
        from: 'while (!parts.every(isKnown)) for (const part of parts) await ensurePart(api, part)',
        to: '',
      },
    ],
    plan: 'onKubernetes',
    breaks: ['NamedIsMissing'],
  },
  {
    name: 'what was made before an interruption is there still',
    file: `${store}/head-writer.ts`,
    from: 'while (!parts.every(isKnown)) for (const part of parts) await ensurePart(api, part)',
    to: '',
    plan: 'takenBack',
    breaks: ['NamedIsMissing'],
  },
  {
    name: 'what is not known is deleted',
    file: `${store}/part-names.ts`,
    from: 'if (Number(endOffset) > head.snapshot.endOffset) return false',
    to: '',
    plan: 'deposed',
    breaks: ['NamedIsMissing'],
  },
  {
    name: 'what was of no use before an interruption is of none still',
    file: `${store}/log-session.ts`,
    from: 'if (this.#isSuperseded || api.objects.interruptions !== interruptions) return undefined',
    to: 'if (this.#isSuperseded) return undefined',
    plan: 'takenBack',
    breaks: ['NamedIsMissing'],
  },
  {
    name: 'a snapshot drops what was appended while it was written',
    file: `${store}/next-head.ts`,
    from: 'Math.max(covered, inSegments)',
    to: 'Math.max(write.snapshot === undefined ? covered : endOffset, inSegments)',
    plan: 'onKubernetes',
    breaks: ['NotHealthy', ...broken, ...refused],
  },
  {
    name: 'who looks whether it is the last one takes over what it reads',
    file: `${store}/log-session.ts`,
    from: 'if (chain !== this.#head.chain) this.#isSuperseded = true',
    to: 'if (chain !== this.#head.chain) this.#head = { ...this.#head, chain }',
    plan: 'deposed',
    breaks: broken,
  },
  {
    name: 'a batch that a snapshot covers is read once more',
    file: `${store}/read-log.ts`,
    from: '    .filter(({ nextOffset }) => nextOffset > snapshot.offset)\n',
    to: '',
    plan: 'deposed',
    breaks: ['NotHealthy'],
  },
]
