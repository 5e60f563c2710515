import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { applyBatch, type MetadataState } from '../../../broker/metadata/position.ts'
import type { Appended } from '../../../operator/controller/store/metadata-store.ts'
import { Violation } from '../core/failure.ts'

/** Sees what is in the store and what nodes act on, from outside of all of them. */
export class Observer {
  #state: MetadataState
  /** By the offset behind it. */
  readonly #images = new Map<number, MetadataImage>()
  /** By topic, partition and leader epoch. */
  readonly #leaders = new Map<string, number>()
  /** By life of a broker: the offset of what it acted on last. */
  readonly #acted = new Map<string, number>()

  /** @param first What is in the store at the beginning. */
  constructor(first: MetadataState) {
    this.#state = first
    this.#images.set(first.offset, first.image)
  }

  get state(): MetadataState {
    return this.#state
  }

  /** An append took effect. @throws {Violation} */
  appended({ batch }: Appended): void {
    const before = this.#state.image
    this.#state = applyBatch(this.#state, batch)
    const { image, offset } = this.#state
    this.#images.set(offset, image)
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

  /** A broker acts on an image of its copy. @throws {Violation} */
  acts(
    life: string,
    image: MetadataImage,
    { offset, brokerId, brokerEpoch }: { offset: number; brokerId: number; brokerEpoch: number },
  ): void {
    const known = this.#images.get(offset)
    if (known === undefined) throw new Violation('NotInStore', `${life} acts on offset ${offset}`)
    if (imageDigest(known) !== imageDigest(image)) {
      throw new Violation('ImagesDiffer', `${life} at offset ${offset}`)
    }
    const own = image.brokers.get(brokerId)?.epoch ?? -1
    if (brokerEpoch < 0 || own < brokerEpoch) {
      throw new Violation('ActsEarly', `${life}, registered as ${brokerEpoch}, acts on ${own}`)
    }
    const last = this.#acted.get(life) ?? -1
    if (offset < last) throw new Violation('BrokerBack', `${life} from ${last} to ${offset}`)
    this.#acted.set(life, offset)
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
