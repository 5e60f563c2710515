import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiName } from '../../broker/protocol/apis.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import { Comparable } from './comparable.ts'
import type { Ask, ErrorName, Raw, Seen, Step, Story, Tell } from './story.ts'
import { type Arrival, Wire } from './wire.ts'

/** A broker that is asked. */
export type Peer = {
  readonly name: 'Kafka' | 'kavka'
  readonly host: string
  readonly port: number
  /** Names of topics by id, of all stories that were told. */
  readonly topicNames: Map<string, string>
}

/** What came back for one step, with everything taken out that must differ. */
export type Outcome = {
  readonly step: string
  readonly answer: unknown
  /** Errors that are to be in it, see `AskOptions`. */
  readonly gives: readonly ErrorName[]
}

/** Tells a story to one broker. @returns An outcome for each step that has one. */
export async function tellStory(story: Story, peer: Peer): Promise<Outcome[]> {
  const teller = new Teller(peer)
  try {
    const outcomes: Outcome[] = []
    for (const step of story.steps) {
      const outcome = await teller.take(step)
      if (outcome !== undefined) outcomes.push(outcome)
    }
    return outcomes
  } finally {
    teller.close()
  }
}

class Teller {
  private readonly peer: Peer
  private readonly comparable: Comparable
  private readonly wires = new Map<string, Wire>()
  private readonly pending = new Map<string, Ask>()
  private readonly answers = new Map<string, unknown>()
  private readonly seen: Seen

  constructor(peer: Peer) {
    this.peer = peer
    this.comparable = new Comparable(peer)
    this.seen = {
      last: (api, as = 'a') => {
        const answer = this.answers.get(`${api} ${as}`)
        if (answer === undefined) throw new Error(`${peer.name} has not answered ${api} to ${as}`)
        return answer as never
      },
      topicId: (name) => {
        const ids = [...peer.topicNames].filter(([, own]) => own === name)
        const id = ids.at(-1)?.[0]
        if (id === undefined) throw new Error(`${peer.name} has shown no topic ${name}`)
        return id
      },
    }
  }

  async take(step: Step): Promise<Outcome | undefined> {
    switch (step.type) {
      case 'ask':
        return this.ask(step)
      case 'collect':
        return this.collect(step.as)
      case 'tell':
        return this.tell(step)
      case 'raw':
        return this.raw(step)
    }
  }

  close(): void {
    for (const wire of this.wires.values()) wire.close()
  }

  private async ask(step: Ask): Promise<Outcome | undefined> {
    const wire = await this.send(step, step.reframe)
    if (step.isLater) {
      this.pending.set(step.as, step)
      return undefined
    }
    const outcome = await this.outcomeOf(step, wire)
    if (step.until === undefined) return outcome
    return this.askAgain(step, outcome)
  }

  private async askAgain(step: Ask, first: Outcome): Promise<Outcome> {
    const endMs = performance.now() + patienceMs
    const holds = step.until as (answer: unknown) => boolean
    let outcome = first
    while (!holds(this.seen.last(step.api, step.as))) {
      if (performance.now() > endMs) {
        const last = JSON.stringify(outcome.answer)
        throw new Error(`${this.peer.name} does not come to answer ${outcome.step}: ${last}`)
      }
      await sleep(20)
      outcome = await this.outcomeOf(step, await this.send(step, step.reframe))
    }
    return outcome
  }

  private async collect(as: string): Promise<Outcome> {
    const step = this.pending.get(as)
    if (step === undefined) throw new Error(`nothing was asked later as ${as}`)
    this.pending.delete(as)
    return this.outcomeOf(step, await this.wire(as))
  }

  private async outcomeOf(step: Ask, wire: Wire): Promise<Outcome> {
    const { api, version, as, only, gives } = step
    const label = labelOf(step)
    const arrival = await wire.next(patienceMs)
    if (typeof arrival === 'string') return { step: label, answer: arrival, gives }
    const { body } = readResponse(api, version, arrival)
    this.answers.set(`${api} ${as}`, body)
    this.comparable.learn(body)
    const told = only === undefined ? body : (only as (answer: unknown) => unknown)(body)
    return { step: label, answer: this.comparable.of(told), gives }
  }

  private async tell(step: Tell): Promise<Outcome> {
    const wire = await this.send(step)
    const arrivals = await this.untilProbed(wire)
    return { step: labelOf(step), answer: arrivals.map((arrival) => this.read(arrival)), gives: [] }
  }

  private async raw({ label, bytes, as, answers, isLast }: Raw): Promise<Outcome> {
    const wire = await this.wire(as)
    wire.send([bytes(this.seen)])
    if (isLast) wire.endSending()
    const arrivals = isLast ? await untilClosed(wire) : await this.untilProbed(wire)
    const read = arrivals.map((arrival, index) => this.read(arrival, answers[index]))
    return { step: label, answer: read, gives: [] }
  }

  /** What comes before the answer to a request that every broker answers. */
  private async untilProbed(wire: Wire): Promise<(Arrival | 'served')[]> {
    wire.send(encodeRequest('ApiVersions', 0, { correlationId: probeId, clientId: null }, {}))
    const arrivals: (Arrival | 'served')[] = []
    for (;;) {
      const arrival = await wire.next(patienceMs)
      const isProbe = typeof arrival !== 'string' && correlationIdOf(arrival) === probeId
      arrivals.push(isProbe ? 'served' : arrival)
      if (isProbe || typeof arrival === 'string') return arrivals
    }
  }

  private read(arrival: Arrival | 'served', as?: readonly [ApiName, number]): unknown {
    if (typeof arrival === 'string') return arrival
    if (as === undefined) return Buffer.from(arrival).toString('hex')
    const [api, version] = as
    const { correlationId, body } = readResponse(api, version, arrival)
    return { correlationId, ...(this.comparable.of(body) as object) }
  }

  private async send(
    { api, version, body, as }: Pick<Ask, 'api' | 'version' | 'body' | 'as'>,
    reframe: (frame: Buffer) => Buffer = (frame) => frame,
  ): Promise<Wire> {
    const wire = await this.wire(as)
    const header = { correlationId: wire.nextCorrelationId++, clientId: `client-${as}` }
    const parts = encodeRequest(api, version, header, body(this.seen) as never)
    wire.send([reframe(Buffer.concat(parts as Uint8Array[]))])
    return wire
  }

  /** One that was closed is dialled again. */
  private async wire(as: string): Promise<Wire> {
    const known = this.wires.get(as)
    if (known?.isOpen === true) return known
    const wire = await Wire.dial(this.peer)
    this.wires.set(as, wire)
    return wire
  }
}

async function untilClosed(wire: Wire): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  for (;;) {
    const arrival = await wire.next(patienceMs)
    arrivals.push(arrival)
    if (typeof arrival === 'string') return arrivals
  }
}

/** As `Produce v3`, with who asks where that is not the first of the story, and what about. */
function labelOf({
  api,
  version,
  as,
  about,
}: Pick<Ask, 'api' | 'version' | 'as' | 'about'>): string {
  const who = as === 'a' ? '' : ` as ${as}`
  return `${api} v${version}${who}${about === undefined ? '' : `, ${about}`}`
}

function correlationIdOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getInt32(0)
}

const probeId = 0x70726f62
const patienceMs = 25_000
