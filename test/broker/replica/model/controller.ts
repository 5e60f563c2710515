import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import type { IsrAnswer } from '../../../../broker/replica/isr-answer.ts'
import type { IsrProposal } from '../../../../broker/replica/isr-proposal.ts'
import { image } from '../support.ts'

/** What the metadata log says up to some record. */
export type View = {
  readonly image: PartitionImage
  readonly brokers: ReadonlyMap<number, { readonly epoch: number; readonly fenced: boolean }>
}

export const brokerIds: readonly number[] = [1, 2, 3]
export const minInsyncReplicas = 2

/** One partition on three brokers, as the controller decides of it: ISR, ELR and elections (KIP-966). */
export class Controller {
  /** The metadata log: brokers get to see one after the other. */
  readonly views: View[]
  private lastBrokerEpoch = 103

  constructor() {
    const brokers = brokerIds.map((id) => [id, { epoch: 100 + id, fenced: false }] as const)
    this.views = [{ image: { ...image, leaderEpoch: 1 }, brokers: new Map(brokers) }]
  }

  get now(): View {
    return this.views.at(-1) as View
  }

  /** Who has all that was committed. */
  get seats(): number[] {
    return [...this.now.image.isr, ...this.now.image.elr]
  }

  /** A new process has this id. It leads on only in another epoch (safety rule 1). */
  register(id: number, { keepsSeat }: { keepsSeat: boolean }): void {
    const { brokers, image } = this.now
    this.lastBrokerEpoch += 1
    const broker = { epoch: this.lastBrokerEpoch, fenced: false }
    this.views.push({ image, brokers: new Map(brokers).set(id, broker) })
    if (!keepsSeat) this.leave(id, 'without its data')
    else if (image.leader === id) this.change({ leader: id })
    else if (image.leader === -1 && image.elr.includes(id)) this.change({ leader: id, isr: [id] })
  }

  fence(id: number): void {
    this.setFenced(id, true)
    this.leave(id, 'with its data')
  }

  unfence(id: number): void {
    this.setFenced(id, false)
    const { leader, elr } = this.now.image
    if (leader === -1 && elr.includes(id)) this.change({ leader: id, isr: [id] })
  }

  elect(id: number): void {
    const { isr, leader } = this.now.image
    if (isr.includes(id) && leader !== id) this.change({ leader: id })
  }

  alterPartition(leader: number, proposal: IsrProposal): IsrAnswer {
    const { image, brokers } = this.now
    if (image.leader !== leader || image.leaderEpoch !== proposal.leaderEpoch) {
      return { error: 'FENCED_LEADER_EPOCH' }
    }
    if (image.partitionEpoch !== proposal.partitionEpoch) return { error: 'INVALID_UPDATE_VERSION' }
    const isEligible = proposal.newIsr.every(({ brokerId, brokerEpoch }) => {
      const broker = brokers.get(brokerId)
      return broker?.epoch === brokerEpoch && !broker.fenced
    })
    if (!isEligible) return { error: 'INELIGIBLE_REPLICA' }
    this.change({ isr: proposal.newIsr.map(({ brokerId }) => brokerId) })
    const { leaderEpoch, partitionEpoch } = this.now.image
    return { leaderEpoch, partitionEpoch }
  }

  private leave(id: number, how: 'with its data' | 'without its data'): void {
    const { image, brokers } = this.now
    const lost = how === 'without its data' ? id : undefined
    if (!image.isr.includes(id) && !image.elr.includes(lost ?? -1)) return
    const isr = image.isr.filter((other) => other !== id)
    if (image.leader !== id) return this.change({ isr, lost })
    const elr = image.elr.filter((other) => other !== lost)
    const leader = isr[0] ?? elr.find((other) => brokers.get(other)?.fenced === false) ?? -1
    this.change({ leader, isr: isr.length > 0 || leader === -1 ? isr : [leader], lost })
  }

  private setFenced(id: number, fenced: boolean): void {
    const { image, brokers } = this.now
    const epoch = brokers.get(id)?.epoch ?? -1
    this.views.push({ image, brokers: new Map(brokers).set(id, { epoch, fenced }) })
  }

  private change(to: {
    leader?: number
    isr?: readonly number[]
    lost?: number | undefined
  }): void {
    const { image, brokers } = this.now
    const isr = to.isr ?? image.isr
    const left = this.seats.filter((id) => !isr.includes(id) && id !== to.lost)
    const changed = {
      ...image,
      isr,
      elr: isr.length < minInsyncReplicas ? left : [],
      leader: to.leader ?? image.leader,
      leaderEpoch: image.leaderEpoch + (to.leader === undefined ? 0 : 1),
      partitionEpoch: image.partitionEpoch + 1,
    }
    this.views.push({ image: changed, brokers })
  }
}
