import { Broker, type Stored } from './broker.ts'
import { brokerIds, Controller } from './controller.ts'
import { type Message, Network } from './network.ts'

/** What may happen next. `id` is of a broker, `n` any number. */
export type Event = { readonly do: EventType; readonly id: number; readonly n: number }

type EventType =
  | 'append'
  | 'fetch'
  | 'replicate'
  | 'deliver'
  | 'repeat'
  | 'drop'
  | 'see'
  | 'flush'
  | 'giveUp'
  | 'tick'
  | 'elect'
  | 'fence'
  | 'unfence'
  | 'crash'
  | 'loseCache'
  | 'fetchAndLoseCache'

/** Three brokers and a controller, and what must hold of them whatever happens. */
export class Cluster {
  private readonly controller = new Controller()
  private readonly network = new Network()
  private readonly brokers: ReadonlyMap<number, Broker>
  private readonly flushesAlways: boolean
  /** All that any broker was told is committed. */
  private readonly committed: Stored[] = []
  /** By epoch and offset. */
  private readonly named = new Map<string, number>()
  private readonly highWatermarks = new Map<number, { of: unknown; offset: number }>()
  private lastValue = 0
  readonly counts = { acknowledged: 0, truncated: 0, joined: 0 }

  constructor({ flushesAlways }: { flushesAlways: boolean }) {
    this.flushesAlways = flushesAlways
    const { controller, network } = this
    this.brokers = new Map(
      brokerIds.map((id) => [id, new Broker(id, controller.now, network, flushesAlways)]),
    )
    for (const id of brokerIds) this.broker(id).see(controller.now)
  }

  happen(event: Event): void {
    const [recordsBefore, isrBefore] = this.sizes()
    this.act(event)
    const [records, isr] = this.sizes()
    if (event.do === 'deliver' && records < recordsBefore) this.counts.truncated += 1
    if (isr > isrBefore) this.counts.joined += 1
    this.check()
  }

  /** Nothing fails any more: in the end all replicas have the same, and all of it is committed. */
  heal(): void {
    for (const id of brokerIds) this.controller.unfence(id)
    for (let round = 0; round < 60; round++) {
      this.network.nowMs += 250 // longer in all than one that flaps has to wait
      for (const id of brokerIds) {
        const broker = this.broker(id)
        while (this.see(broker)) this.check()
        broker.flush()
        broker.timePasses()
        if (round % 10 === 0) broker.giveUp()
        broker.fetch()
      }
      while (this.network.messages.length > 0) this.deliver(0)
      this.check()
    }
    const { image } = this.controller.now
    const [first, ...others] = brokerIds.map((id) => this.broker(id).records)
    must(image.isr.length === 3, 'all join the ISR in the end')
    for (const records of others) {
      must(JSON.stringify(records) === JSON.stringify(first), 'all have the same in the end')
    }
    must(this.committed.length === first?.length, 'all is committed in the end')
  }

  private act({ do: what, id, n }: Event): void {
    const broker = this.broker(id)
    const { controller, network } = this
    switch (what) {
      case 'append':
        // Several may believe that they lead.
        this.lastValue += 1
        return pick(this.leaders(), n)?.append(this.lastValue)
      case 'replicate': {
        const before = network.messages.length
        broker.fetch()
        while (network.messages.length > before) this.deliver(before)
        return
      }
      case 'deliver':
        return this.deliver(n % Math.min(4, network.messages.length || 1))
      case 'repeat': {
        const message = pick(network.messages, n)
        if (message !== undefined && message.type !== 'alter') network.send(message)
        return
      }
      case 'drop':
        return void network.take(n % (network.messages.length || 1))
      case 'see':
        return void this.see(broker)
      case 'tick':
        network.nowMs += (n % 4) * 400
        return broker.timePasses()
      case 'crash':
        controller.register(id, { keepsSeat: true })
        return this.restart(broker, broker.records.length)
      case 'loseCache':
        return this.loseCache(broker, n)
      case 'fetchAndLoseCache': {
        // Its fetch arrives when all know that there is another process: by chance that is rare.
        const before = network.messages.length
        broker.fetch()
        this.loseCache(broker, n)
        for (const other of this.brokers.values()) while (this.see(other));
        if (network.messages.length > before) this.deliver(before)
        return
      }
      case 'elect':
      case 'fence':
      case 'unfence':
        return controller[what](id)
      default:
        return broker[what]()
    }
  }

  private deliver(place: number): void {
    const message = this.network.take(place)
    if (message === undefined) return
    if (message.type === 'alter') return this.alter(message)
    const to = this.broker(message.to)
    if (message.type === 'fetch') to.onFetch(message)
    else if (message.type === 'fetched') to.onFetched(message)
    else to.onAltered(message)
  }

  private alter({ from, epoch, attempt, proposal }: Message<'alter'>): void {
    const { messages } = this.network
    // They come in order: of a connection that ended nothing is read any more.
    for (let i = messages.length - 1; i >= 0; i--) {
      const other = messages[i]
      const isSame = other?.type === 'alter' && other.from === from && other.epoch === epoch
      if (isSame && other.attempt < attempt) messages.splice(i, 1)
    }
    const answer =
      this.controller.now.brokers.get(from)?.epoch === epoch
        ? this.controller.alterPartition(from, proposal)
        : { error: 'STALE_BROKER_EPOCH' as const }
    this.network.send({ type: 'altered', to: from, epoch, attempt, proposal, answer })
  }

  private see(broker: Broker): boolean {
    const view = this.controller.views[broker.seen + 1]
    if (view === undefined) return false
    broker.seen += 1
    broker.see(view)
    return true
  }

  /** What was not flushed is lost, from some place on. */
  private loseCache(broker: Broker, n: number): void {
    const { controller, flushesAlways } = this
    const { id, flushedEnd, records } = broker
    // Else nobody would be left who has all: that is for people to decide.
    const isLast = controller.seats.every((seat) => seat === id)
    if (isLast && !flushesAlways) return
    controller.register(id, { keepsSeat: flushesAlways })
    this.restart(broker, flushedEnd + (n % (records.length - flushedEnd + 1)))
  }

  /** It does nothing before it has caught up with the metadata log (safety rule 2). */
  private restart(broker: Broker, endOffset: number): void {
    const { views, now } = this.controller
    broker.restart(now.brokers.get(broker.id)?.epoch ?? -1, { endOffset })
    broker.seen = views.length - 1
    broker.see(now)
  }

  private check(): void {
    for (const broker of this.brokers.values()) {
      this.checkNames(broker)
      this.checkCommitted(broker)
    }
    for (const broker of this.brokers.values()) {
      for (const end of broker.takeAcknowledged()) {
        this.counts.acknowledged += 1
        must(end <= this.committed.length, 'what is acknowledged is committed')
      }
    }
    for (const id of this.controller.seats) {
      const { records, log } = this.broker(id)
      must(this.committed.length <= log.countedEndOffset, `${id} is in ISR or ELR and lacks some`)
      this.committed.forEach((record, offset) =>
        must(same(records[offset], record), `${id} is in ISR or ELR and has another ${offset}`),
      )
    }
  }

  private checkNames({ records }: Broker): void {
    for (const [offset, { epoch, value }] of records.entries()) {
      const name = `${epoch}@${offset}`
      const known = this.named.get(name) ?? value
      must(known === value, `${name} names one record`)
      this.named.set(name, value)
    }
  }

  private checkCommitted({ id, epoch, highWatermark, records }: Broker): void {
    const before = this.highWatermarks.get(id)
    if (before?.of === epoch) must(highWatermark >= before.offset, 'no high watermark moves back')
    this.highWatermarks.set(id, { of: epoch, offset: highWatermark })
    for (let offset = 0; offset < highWatermark; offset++) {
      const record = records[offset]
      must(record !== undefined, `${id} has what it was told is committed`)
      this.committed[offset] ??= record as Stored
      must(same(record, this.committed[offset]), `${offset} was committed once`)
    }
  }

  private leaders(): Broker[] {
    return [...this.brokers.values()].filter(({ role }) => role?.type === 'leads')
  }

  /** Records in all logs, and members of the ISR. */
  private sizes(): [records: number, isr: number] {
    let records = 0
    for (const broker of this.brokers.values()) records += broker.records.length
    return [records, this.controller.now.image.isr.length]
  }

  private broker(id: number): Broker {
    return this.brokers.get(id) as Broker
  }
}

function pick<T>(all: readonly T[], n: number): T | undefined {
  return all[n % (all.length || 1)]
}

function same(a: Stored | undefined, b: Stored | undefined): boolean {
  return a?.epoch === b?.epoch && a?.value === b?.value
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`broken: ${what}`)
}
