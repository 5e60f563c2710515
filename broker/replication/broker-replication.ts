import type { Timer } from '../../lib/clock.ts'
import { replicaLagTimeMaxMsOf, sessionTimeoutMsOf } from '../config/broker-settings.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions, Replication } from '../partition/partitions.ts'
import type { IsrProposal } from '../replica/isr-proposal.ts'
import type { ServingParts } from '../serving.ts'
import { Followers, type FollowersOptions } from './follower/followers.ts'
import { IsrProposals } from './leader/isr-proposals.ts'
import { ReplicaSessions } from './leader/replica-sessions.ts'

type Parts = Pick<
  ServingParts,
  | 'nodeId'
  | 'clock'
  | 'random'
  | 'log'
  | 'config'
  | 'image'
  | 'controller'
  | 'dialInternal'
  | 'onFatal'
> &
  Pick<FollowersOptions, 'suspects'>

/** How this broker and others come to have the same: it follows, is followed, and says who is in sync. */
export class BrokerReplication implements Replication {
  readonly lagTimeMaxMs: number
  readonly sessionTimeoutMs: number
  /** What followers fetch here. */
  readonly sessions: ReplicaSessions
  readonly #parts: Parts
  readonly #partitions: () => Partitions
  readonly #followers: Followers
  readonly #proposals: IsrProposals
  #timer: Timer | undefined

  constructor(parts: Parts, partitions: () => Partitions) {
    const { nodeId: brokerId, controller, config, dialInternal } = parts
    const brokerEpoch = () => controller.brokerEpoch
    this.#parts = parts
    this.#partitions = partitions
    this.lagTimeMaxMs = replicaLagTimeMaxMsOf(config)
    this.sessionTimeoutMs = sessionTimeoutMsOf(config)
    this.sessions = new ReplicaSessions({
      ...parts,
      leaderOf: (topicId, index) => partitions().leaderForFollower(topicId, index),
    })
    this.#followers = new Followers({
      ...parts,
      brokerId,
      brokerEpoch,
      dial: dialInternal,
      setAside: (partition) => partitions().setAside(partition),
    })
    this.#proposals = new IsrProposals({
      ...parts,
      brokerId,
      brokerEpoch,
      alterPartition: (request) => controller.forward('AlterPartition', 3, request),
    })
    this.#lookLater()
  }

  readonly controllerHeardMs = () => this.#parts.controller.controllerHeardMs

  readonly propose = (partition: Partition, proposal: IsrProposal) => {
    this.#proposals.propose(partition, proposal)
  }

  readonly follow = (partition: Partition) => this.#followers.see(partition)

  readonly lookAtFollowers = (partition: Partition, brokerIds: Iterable<number>) => {
    this.sessions.lookAt(partition, brokerIds)
  }

  /** Followers that wait are answered. */
  drain(): void {
    this.sessions.drain()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#proposals.stop()
    this.sessions.stop()
    await this.#followers.stop()
  }

  #lookLater(): void {
    this.#timer = this.#parts.clock.timer(this.lagTimeMaxMs / 2, () => {
      this.#partitions().timePassed()
      this.#lookLater()
    })
  }
}
