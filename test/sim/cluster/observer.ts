import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import {
  type MetadataPosition,
  type MetadataState,
  positionOf,
  samePosition,
} from '../../../broker/metadata/position.ts'
import { Violation } from '../core/failure.ts'
import { Histories, isOnTheWay, keyOf, type Place } from './histories.ts'
import { checkIsReadByBrokers, checkReads, raisedTo } from './versions.ts'

/** Sees what is in the store and what nodes act on, from outside of all of them. */
export class Observer {
  readonly histories: Histories
  /** By topic, partition and leader epoch; of the present history. */
  #leaders = new Map<string, number>()
  /** By life of a broker: what it acted on last, or what it began with. */
  readonly #acted = new Map<string, Place>()
  /** By id of a broker: the same, while its disk is the one that it was. */
  readonly #known = new Map<number, Place>()
  #isForked = false
  #raises = 0

  /** @param first What is in the store at the beginning. */
  constructor(first: MetadataState) {
    this.histories = new Histories(first)
  }

  get state(): MetadataState {
    return this.histories.now.state
  }

  /** In the store; where it was put back and brokers know more: what they act on. */
  get image(): MetadataImage {
    const furthest = this.#elsewhere.sort((a, b) => a.state.offset - b.state.offset).at(-1)
    return (furthest ?? this.histories.now).state.image
  }

  /** Whether a broker acts on what is not in the store any more. */
  get isParted(): boolean {
    return this.#elsewhere.length > 0
  }

  /** Whether something was decided on a history where a broker acted on another: who knew was not there. */
  get isForked(): boolean {
    return this.#isForked
  }

  /** How often the level of the log was raised. */
  get raises(): number {
    return this.#raises
  }

  /** What a broker acted on last. */
  knownTo(brokerId: number): Place | undefined {
    return this.#known.get(brokerId)
  }

  /** Its disk is another. */
  forgets(brokerId: number): void {
    this.#known.delete(brokerId)
  }

  /** The store is backed up. @returns Puts it back. */
  backUp(): () => void {
    const [{ now }, leaders] = [this.histories, new Map(this.#leaders)]
    return () => {
      this.histories.goBack(now)
      this.#leaders = leaders
    }
  }

  /** An append took effect. @throws {Violation} */
  appended(batch: MetadataBatch): void {
    const before = this.state.image
    const isDecision = batch.records.some(({ type }) => type !== 'ControllerEpochRecord')
    if (isDecision && this.isParted) this.#isForked = true
    const { image } = this.histories.append(batch).state
    checkIsReadByBrokers(before, image, batch.records)
    if (raisedTo(batch.records) !== undefined) this.#raises++
    if (image.controller.epoch < before.controller.epoch) {
      throw new Violation('EpochBack', `controller ${image.controller.epoch}`)
    }
    for (const { id, partitions } of image.topics.values()) {
      for (let at = 0; at < partitions.count; at++) {
        const was = before.topics.get(id)?.partitions
        const earlier = was !== undefined && at < was.count ? was.at(at) : undefined
        this.#checkPartition(image, `${id}-${at}`, partitions.at(at), earlier)
      }
    }
  }

  /** The store says so of its log. @throws {Violation} */
  endsAt(position: MetadataPosition): void {
    const end = positionOf(this.state)
    if (samePosition(position, end)) return
    throw new Violation('LogBroken', `it ends at ${keyOf(end)}, not ${keyOf(position)}`)
  }

  /** A snapshot stands for all before it. @throws {Violation} */
  snapshotTaken(snapshot: MetadataState): void {
    const place = this.histories.placeOf(snapshot, 'the snapshot')
    if (isOnTheWay(place, this.histories.now)) return
    throw new Violation('NotInStore', `the snapshot at ${keyOf(positionOf(snapshot))}`)
  }

  /** A broker begins with what is on its disk: what it acts on follows that. @throws {Violation} */
  begins(life: string, copy: MetadataState): void {
    this.#acted.set(life, this.histories.placeOf(copy, life))
  }

  /** A broker acts on an image of its copy. @throws {Violation} */
  acts(
    life: string,
    image: MetadataImage,
    about: {
      readonly offset: number
      readonly brokerId: number
      readonly brokerEpoch: number
      readonly readsUpTo: number
    },
  ): void {
    const { offset, brokerId, brokerEpoch, readsUpTo } = about
    checkReads(image, readsUpTo, life)
    const place = this.histories.placeOf({ image, offset }, life)
    const own = image.brokers.get(brokerId)?.epoch ?? -1
    if (brokerEpoch < 0 || own < brokerEpoch) {
      throw new Violation('ActsEarly', `${life}, registered as ${brokerEpoch}, acts on ${own}`)
    }
    const last = this.#acted.get(life)
    if (last !== undefined && !isOnTheWay(last, place)) {
      const [from, to] = [last, place].map(({ state }) => keyOf(positionOf(state)))
      throw new Violation('BrokerBack', `${life} from ${from} to ${to}`)
    }
    this.#acted.set(life, place)
    this.#known.set(brokerId, place)
  }

  /** Where brokers are, and the log was not. */
  get #elsewhere(): Place[] {
    const { now } = this.histories
    return [...this.#known.values()].filter((place) => !isOnTheWay(place, now))
  }

  #checkPartition(
    image: MetadataImage,
    name: string,
    now: PartitionImage,
    before: PartitionImage | undefined,
  ): void {
    const { leader, leaderEpoch, partitionEpoch, isr, elr, replicas } = now
    const key = `${name} epoch ${leaderEpoch}`
    const known = this.#leaders.get(key)
    if (known !== undefined && known !== leader) {
      throw new Violation('TwoLeaders', `${key}: ${known} and ${leader}`)
    }
    this.#leaders.set(key, leader)
    if (leader >= 0 && !isr.includes(leader)) throw new Violation('LeaderOutOfSync', key)
    if (isr.some((id) => elr.includes(id))) throw new Violation('SeatTwice', key)
    if ([...isr, ...elr].some((id) => !replicas.includes(id))) {
      throw new Violation('SeatOfNobody', `${key}: ISR ${isr}, ELR ${elr}, replicas ${replicas}`)
    }
    const away = isr.find((id) => image.brokers.get(id)?.fenced !== false)
    if (away !== undefined) throw new Violation('InSyncAndAway', `${key}: ${away}`)
    if (before === undefined) return
    if (leaderEpoch < before.leaderEpoch || partitionEpoch < before.partitionEpoch) {
      throw new Violation('EpochBack', `${name}: ${before.partitionEpoch} to ${partitionEpoch}`)
    }
    if (leader !== before.leader && leaderEpoch === before.leaderEpoch) {
      throw new Violation('LeaderWithoutEpoch', `${name}: ${before.leader} to ${leader}`)
    }
  }
}
