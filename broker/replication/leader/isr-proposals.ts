import type { Clock } from '../../../lib/clock.ts'
import { recoveryStates } from '../../metadata/apply-topics.ts'
import type { Partition } from '../../partition/partition.ts'
import type { RequestInputOf, ResponseOf } from '../../protocol/apis.ts'
import { errorName } from '../../protocol/error-name.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { IsrAnswer } from '../../replica/isr-answer.ts'
import type { IsrProposal } from '../../replica/isr-proposal.ts'

type Request = RequestInputOf<'AlterPartition'>
type Response = ResponseOf<'AlterPartition'>

export type IsrProposalsOptions = {
  readonly brokerId: number
  readonly brokerEpoch: () => number
  /** @throws {KafkaError} NOT_CONTROLLER, REQUEST_TIMED_OUT */
  readonly alterPartition: (request: Request) => Promise<Response>
  readonly clock: Clock
  /** Our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Brings what leaders propose to the controller: all that comes meanwhile in one request, and one request at a
 * time, so that no attempt of a proposal can come behind the one that was answered (safety rule 21).
 */
export class IsrProposals {
  readonly #options: IsrProposalsOptions
  readonly #waiting = new Map<Partition, IsrProposal>()
  #isAtWork = false
  #isStopped = false

  constructor(options: IsrProposalsOptions) {
    this.#options = options
  }

  /** The partition is told of the answer. Another one that it proposes later takes its place. */
  propose(partition: Partition, proposal: IsrProposal): void {
    this.#waiting.set(partition, proposal)
    if (!this.#isAtWork) void this.#work().catch(this.#options.onFatal)
  }

  /** Nothing is proposed any more. */
  stop(): void {
    this.#isStopped = true
    this.#waiting.clear()
  }

  async #work(): Promise<void> {
    const { clock } = this.#options
    this.#isAtWork = true
    try {
      while (this.#waiting.size > 0) {
        await clock.turn()
        const sent = [...this.#waiting].slice(0, mostAtOnce)
        for (const [partition] of sent) this.#waiting.delete(partition)
        const answers = await this.#ask(sent)
        for (const [partition, proposal] of sent) this.#answered(partition, proposal, answers)
      }
    } finally {
      this.#isAtWork = false
    }
  }

  #answered(partition: Partition, proposal: IsrProposal, answers: Answers): void {
    const again = partition.role.proposalAnswered(proposal, answers(partition))
    if (again === undefined || this.#isStopped) return
    this.#options.clock.timer(againMs, () => {
      if (!this.#isStopped && !this.#waiting.has(partition)) this.propose(partition, again)
    })
  }

  async #ask(sent: readonly (readonly [Partition, IsrProposal])[]): Promise<Answers> {
    const { brokerId, brokerEpoch, alterPartition } = this.#options
    try {
      const topics = topicsOf(sent)
      return answersIn(await alterPartition({ brokerId, brokerEpoch: brokerEpoch(), topics }))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return () => ({ error: 'NETWORK_EXCEPTION' })
    }
  }
}

/** What became of the proposal of a partition. */
type Answers = (partition: Partition) => IsrAnswer

function topicsOf(sent: readonly (readonly [Partition, IsrProposal])[]): Request['topics'] {
  const byTopic = new Map<string, Request['topics'][number]['partitions'][number][]>()
  for (const [{ topicId, partition: partitionIndex }, proposal] of sent) {
    const { leaderEpoch, partitionEpoch, newIsr } = proposal
    const partitions = byTopic.get(topicId) ?? []
    byTopic.set(topicId, partitions)
    partitions.push({
      partitionIndex,
      leaderEpoch,
      partitionEpoch,
      newIsrWithEpochs: [...newIsr],
      leaderRecoveryState: recovered,
    })
  }
  return Array.from(byTopic, ([topicId, partitions]) => ({ topicId, partitions }))
}

function answersIn({ errorCode, topics }: Response): Answers {
  if (errorCode !== 0) return () => ({ error: nameOf(errorCode) })
  const byPartition = new Map<string, IsrAnswer>()
  for (const { topicId, partitions } of topics) {
    for (const { partitionIndex, errorCode: own, leaderEpoch, partitionEpoch } of partitions) {
      const answer = own === 0 ? { leaderEpoch, partitionEpoch } : { error: nameOf(own) }
      byPartition.set(`${topicId} ${partitionIndex}`, answer)
    }
  }
  return ({ topicId, partition }) => {
    return byPartition.get(`${topicId} ${partition}`) ?? { error: 'UNKNOWN_SERVER_ERROR' }
  }
}

const recovered = recoveryStates.indexOf('RECOVERED')
const mostAtOnce = 2_000
const againMs = 100

function nameOf(errorCode: number): KafkaError['code'] {
  return errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR'
}
