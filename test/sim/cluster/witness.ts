import type { MetadataImage } from '../../../broker/metadata/image.ts'
import {
  type MetadataPosition,
  positionAfter,
  positionOf,
} from '../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { readOwnRequestBody, readRequest } from '../../../broker/protocol/frames/request.ts'
import type { MetadataStore, OpenedLog } from '../../../operator/controller/store/metadata-store.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import { Violation } from '../core/failure.ts'
import type { World } from '../core/world.ts'
import { type Histories, isOnTheWay, keyOf, type Place } from './histories.ts'
import { checkReads, notRead, raisedTo } from './versions.ts'

/**
 * One controller, seen from outside of it: what it read, what brokers told it of where they are, what it
 * appends, and what it was told of that.
 */
export class Witness {
  readonly #world: World
  readonly #histories: Histories
  readonly #sessionTimeoutMs: number
  readonly #readsUpTo: number
  readonly #operators: () => readonly number[]
  readonly #missing: Place | undefined
  /** What all operators read up to, each time that it asked. */
  readonly #asked: (readonly number[])[] = []
  /** Where its log ends, as far as it knows; undefined before it has read it. */
  #end: Place | undefined
  /** When its first append was answered, with which it took over. */
  #tookOverMs: number | undefined
  /** Brokers that were alive then, and have not said where they are. */
  readonly #unheard = new Set<number>()
  readonly #heard = new Set<Place>()

  constructor(
    world: World,
    about: {
      readonly histories: Histories
      readonly sessionTimeoutMs: number
      /** Of its controller: see `Versions`. */
      readonly readsUpTo: number
      /** The same of all operators that there are. */
      readonly operators: () => readonly number[]
      /** The log did not have it, and has to have it before anything is written. */
      readonly missing: Place | undefined
    },
  ) {
    this.#world = world
    this.#histories = about.histories
    this.#sessionTimeoutMs = about.sessionTimeoutMs
    this.#readsUpTo = about.readsUpTo
    this.#operators = about.operators
    this.#missing = about.missing
  }

  /** The store that its controller is given. What breaks a rule ends the run. */
  on(store: MetadataStore): MetadataStore {
    const judge = (run: () => void) => this.#world.attempt(run)
    return {
      open: async () => {
        const opened = await store.open()
        judge(() => this.#opened(opened))
        return opened
      },
      append: async (position, records) => {
        judge(() => this.#appends(records))
        try {
          const outcome = await store.append(position, records)
          if (outcome.type === 'appended') judge(() => this.#appended(outcome.position))
          else judge(() => this.#histories.absent(positionAfter(position, records)))
          return outcome
        } catch (error) {
          if (error instanceof StoreError && error.problem === 'NotAppended') {
            judge(() => this.#histories.absent(positionAfter(position, records)))
          }
          throw error
        }
      },
      snapshot: (position, image) => store.snapshot(position, image),
      isLast: () => store.isLast(),
      close: () => store.close(),
    }
  }

  /** Its controller is told what the operators read. */
  asksOperators(): void {
    this.#asked.push(this.#operators())
  }

  /** What its controller has appended makes this of the log. */
  decidesOn(image: MetadataImage): void {
    const end = this.#end?.state
    if (end === undefined) return
    this.#world.attempt(() => {
      this.#histories.placeOf({ image, offset: end.offset }, 'a controller')
    })
  }

  /** A request comes in. */
  asked(frame: Uint8Array): void {
    const said = saidIn(frame)
    if (said === undefined || said.position === null) return
    const place = this.#histories.placeAt(said.position)
    if (place === undefined) {
      const where = `broker ${said.brokerId} says ${keyOf(said.position)}`
      this.#world.attempt(() => {
        throw new Violation('NotInStore', where)
      })
      return
    }
    this.#heard.add(place)
    if (this.#isOwn(place)) this.#unheard.delete(said.brokerId)
  }

  /** Somewhere else than its log went, as it was told by a broker. */
  get parted(): Place | undefined {
    return [...this.#heard].find((place) => !this.#isOwn(place))
  }

  #isOwn(place: Place): boolean {
    return this.#end !== undefined && isOnTheWay(place, this.#end)
  }

  #opened({ snapshot, state }: OpenedLog): void {
    if (snapshot.offset > 0) this.#histories.placeOf(snapshot, 'a reader')
    this.#end = this.#histories.placeOf(state, 'a reader')
    for (const { id, fenced } of state.image.brokers.values()) if (!fenced) this.#unheard.add(id)
  }

  #appends(records: readonly MetadataRecord[]): void {
    if (this.#end !== undefined) checkReads(this.#end.state.image, this.#readsUpTo, 'a controller')
    this.#checkIsReadByOperators(raisedTo(records))
    if (this.#missing !== undefined && !this.#isOwn(this.#missing)) {
      const where = keyOf(positionOf(this.#missing.state))
      throw new Violation('DecidesOnFork', `a controller begins anew on a log without ${where}`)
    }
    if (this.#tookOverMs === undefined) return
    const { parted } = this
    if (parted !== undefined) {
      const where = keyOf(positionOf(parted.state))
      throw new Violation('DecidesOnFork', `a controller appends after it has heard of ${where}`)
    }
    const waitedMs = this.#world.nowMs - this.#tookOverMs
    if (this.#unheard.size === 0 || waitedMs >= this.#sessionTimeoutMs) return
    const who = [...this.#unheard].join(', ')
    throw new Violation('DecidesEarly', `after ${waitedMs} ms, unheard: broker ${who}`)
  }

  /** One that comes later stops where it finds the level; those that were there must read it. */
  #checkIsReadByOperators(level: number | undefined): void {
    if (level === undefined) return
    const all = (reads: readonly number[]) => reads.every((upTo) => upTo >= level)
    if (this.#asked.some(all)) return
    const last = this.#asked.at(-1)?.join(', ') ?? 'nobody knows how far'
    throw notRead(`the log is raised to ${level}, operators read up to ${last}`)
  }

  #appended(position: MetadataPosition): void {
    this.#end = this.#histories.placeAt(position)
    if (this.#end === undefined) throw new Violation('ToldThere', `an append to ${keyOf(position)}`)
    this.#tookOverMs ??= this.#world.nowMs
  }
}

/** What a broker says of where it is in the metadata log, if it says so in this request. */
function saidIn(
  frame: Uint8Array,
): { readonly brokerId: number; readonly position: MetadataPosition | null } | undefined {
  const request = readRequest(frame)
  const { name } = request.api
  if (name === 'BrokerHeartbeat' || name === 'BrokerRegistration') {
    const { brokerId, metadataPosition } = readOwnRequestBody(name, request)
    return { brokerId, position: metadataPosition }
  }
  if (name !== 'Fetch') return undefined
  const { replicaState, metadataPosition } = readOwnRequestBody(name, request)
  return { brokerId: replicaState.replicaId, position: metadataPosition }
}
