export type Stopped = { readonly type: 'signal'; readonly signal: NodeJS.Signals }

/** What a terminal, a shell that is closed and a supervisor send to end a process. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The signals that end this process, from when it is made: also one that comes while it starts. */
export class StopSignals {
  readonly first: Promise<Stopped>
  readonly second: Promise<Stopped>
  readonly #stop: () => void

  constructor() {
    const one = Promise.withResolvers<Stopped>()
    const two = Promise.withResolvers<Stopped>()
    this.first = one.promise
    this.second = two.promise
    let count = 0
    const take = (signal: NodeJS.Signals) => {
      const { resolve } = count++ === 0 ? one : two
      resolve({ type: 'signal', signal })
    }
    for (const signal of signals) process.on(signal, take)
    this.#stop = () => {
      for (const signal of signals) process.off(signal, take)
    }
  }

  close(): void {
    this.#stop()
  }
}
