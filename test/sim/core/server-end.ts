import { copyOf } from './body.ts'
import type { Incarnation } from './incarnation.ts'
import type { Link } from './link.ts'
import type { Serve, ServedConnection } from './transport.ts'

type Answer = { readonly name: string; body: unknown; isReady: boolean }

/** The end of a connection that listened. */
export class ServerEnd implements ServedConnection {
  readonly id: number
  readonly peer: string
  readonly closed: Promise<void>
  readonly node: Incarnation
  readonly #link: Link
  readonly #serve: Serve
  readonly #resolveClosed: () => void
  /** As they were asked for: no answer overtakes another. */
  #answers: Answer[] = []
  #isClosed = false

  constructor({
    id,
    peer,
    node,
    link,
    serve,
  }: {
    id: number
    peer: string
    node: Incarnation
    link: Link
    serve: Serve
  }) {
    this.id = id
    this.peer = peer
    this.node = node
    this.#link = link
    this.#serve = serve
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#resolveClosed = resolve
  }

  close(): void {
    if (!this.node.gate.begins() || this.#isClosed) return
    this.#link.serverClosed()
    this.#end()
  }

  // What comes in from the link.

  /** What came before the end of a connection is served, though nobody hears the answer. */
  asked(name: string, body: unknown): void {
    this.node.gate.enter(() => {
      if (this.#isClosed) return
      const answer: Answer = { name, body: undefined, isReady: false }
      this.#answers.push(answer)
      const serving = async () => {
        const answered = await this.#serve({ name, body, connection: this })
        this.#ready(answer, answered)
      }
      // Nobody handles what it rejects with: it ends the run.
      void serving()
    })
  }

  ended(): void {
    this.node.gate.enter(() => this.#end())
  }

  #ready(answer: Answer, body: unknown): void {
    if (!this.node.gate.begins() || this.#isClosed) return
    answer.body = copyOf(body)
    answer.isReady = true
    while (this.#answers[0]?.isReady === true) {
      const first = this.#answers.shift() as Answer
      this.#link.answer(first.name, first.body)
    }
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#answers = []
    this.#resolveClosed()
    this.#link.forget(this.node)
  }
}
