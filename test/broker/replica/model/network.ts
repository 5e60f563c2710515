import type { FetchAnswer } from '../../../../broker/replica/follower-answer.ts'
import type { IsrAnswer } from '../../../../broker/replica/isr-answer.ts'
import type { IsrProposal } from '../../../../broker/replica/isr-proposal.ts'
import type { PartitionFetch } from '../../../../broker/replica/replica-fetch.ts'
import type { Stored } from './broker.ts'

/** `epoch` is that of the process that asks, and that alone gets the answer. */
type AnyMessage =
  | { type: 'fetch'; to: number; from: number; epoch: number; fetch: PartitionFetch }
  | {
      type: 'fetched'
      to: number
      epoch: number
      fetch: PartitionFetch
      answer: FetchAnswer
      records: readonly Stored[]
    }
  | { type: 'alter'; from: number; epoch: number; attempt: number; proposal: IsrProposal }
  | {
      type: 'altered'
      to: number
      epoch: number
      attempt: number
      proposal: IsrProposal
      answer: IsrAnswer
    }

export type Message<T extends AnyMessage['type'] = AnyMessage['type']> = Extract<
  AnyMessage,
  { type: T }
>

/** What is under way: it comes in any order, more than once, or never. */
export class Network {
  readonly messages: Message[] = []
  nowMs = 1_000

  send(message: Message): void {
    this.messages.push(message)
  }

  /** @param place Counted from the one that waits longest. */
  take(place: number): Message | undefined {
    const [message] = this.messages.splice(place, 1)
    return message
  }
}
