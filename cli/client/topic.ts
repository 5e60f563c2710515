import type { ResponseOf } from '../../broker/protocol/apis.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { answerError, TransientError } from './client-error.ts'

/** A topic as an answer to Metadata has it. */
export type Topic = {
  readonly name: string
  /** By number, from 0 on. */
  readonly partitions: readonly { readonly id: number; readonly leader: number | undefined }[]
}

/** @throws {TransientError} It is not there, or not yet. @throws {ClientError} It cannot be. */
export function topicIn({ topics }: Pick<ResponseOf<'Metadata'>, 'topics'>, name: string): Topic {
  const found = topics.find((topic) => topic.name === name)
  if (found === undefined || found.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
    throw new TransientError(`there is no topic '${name}'`)
  }
  if (found.errorCode !== 0) throw answerError(found.errorCode, `topic '${name}'`)
  const partitions = found.partitions.map(({ partitionIndex: id, leaderId }) => {
    return { id, leader: leaderId < 0 ? undefined : leaderId }
  })
  return { name, partitions: partitions.toSorted((a, b) => a.id - b.id) }
}
