import { KafkaError } from '../protocol/errors.ts'
import { isNextSequence, type SequencedBatch, type TransactionEnd } from './producer-batch.ts'
import {
  coordinatorEpochOf,
  hasBatches,
  lastSequenceKnown,
  type ProducerEntry,
  producerEpochOf,
  transactionFirstOffsetOf,
} from './producer-entry.ts'

/**
 * Who writes. What clients send is checked in full. Coordinators write offsets within transactions
 * of their clients, without sequence numbers. What a leader has is taken as it is, by its followers
 * and by recovery. (There Kafka still throws for a plain batch within a transaction, and the replica
 * is stuck until someone deletes it.)
 */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

/** That the transaction coordinator was asked about the transaction of a batch (KIP-890). */
export type Verification = {
  /** The smallest sequence number of the batches that wait for its answer. */
  readonly lowestSequence: number
  /** Whether the client speaks transactions version 2: each transaction has its own epoch. */
  readonly supportsEpochBump: boolean
}

/**
 * Kafka's checks of a batch that is no duplicate, against what is known of its producer. A producer
 * that is not known, or not any more, may begin at any sequence number.
 *
 * @throws {KafkaError} INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE.
 */
export function checkBatch(
  entry: ProducerEntry | undefined,
  batch: SequencedBatch,
  { origin, verification }: { origin: AppendOrigin; verification?: Verification | undefined },
): void {
  if (origin === 'replication') return
  const { producerId, producerEpoch } = batch
  if (entry !== undefined && producerEpoch < producerEpochOf(entry)) {
    throw staleEpoch(batch, producerEpochOf(entry))
  }
  if (origin === 'client') checkSequence(entry, batch, verification)
  if (entry !== undefined && transactionFirstOffsetOf(entry) !== -1 && !batch.isTransactional) {
    throw new KafkaError(
      'INVALID_TXN_STATE',
      `producer ${producerId} has a transaction open and sent a batch that is not of it`,
    )
  }
}

/**
 * Kafka's checks of a marker from a transaction coordinator. A follower makes none.
 *
 * @param transactionVersion From version 2 on the coordinator raises the epoch of the producer
 *   before it writes the marker, so that one of the same epoch is late; but it may be one that is
 *   written once more, which is seen from the transaction being over, or from the epoch being the
 *   largest there is.
 * @throws {KafkaError} INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED.
 */
export function checkTransactionEnd(
  entry: ProducerEntry | undefined,
  end: TransactionEnd,
  { transactionVersion }: { transactionVersion: number },
): void {
  if (entry === undefined) return
  const { producerId, producerEpoch, coordinatorEpoch } = end
  const current = producerEpochOf(entry)
  const mayBeAgain = transactionFirstOffsetOf(entry) === -1 || producerEpoch === maxEpoch
  const isLate = transactionVersion >= 2 && producerEpoch === current && !mayBeAgain
  if (producerEpoch < current || isLate) throw staleEpoch(end, current)
  if (coordinatorEpoch < coordinatorEpochOf(entry)) {
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `a marker for producer ${producerId} is of coordinator epoch ${coordinatorEpoch}, and one ` +
        `of ${coordinatorEpochOf(entry)} has been written`,
    )
  }
}

function checkSequence(
  entry: ProducerEntry | undefined,
  { producerId, producerEpoch, baseSequence }: SequencedBatch,
  verification: Verification | undefined,
): void {
  if (verification !== undefined) {
    const isKnown = entry !== undefined && hasBatches(entry)
    const mustBegin = verification.supportsEpochBump && !isKnown && baseSequence !== 0
    if (mustBegin) throw outOfOrder(producerId, baseSequence, 'it must begin at 0')
    const { lowestSequence } = verification
    if (baseSequence > lowestSequence) {
      throw outOfOrder(producerId, baseSequence, `${lowestSequence} was to come first`)
    }
  }
  if (entry === undefined || producerEpochOf(entry) === -1) return
  if (producerEpochOf(entry) !== producerEpoch) {
    if (baseSequence === 0) return
    throw outOfOrder(producerId, baseSequence, `its new epoch ${producerEpoch} must begin at 0`)
  }
  const lastSequence = lastSequenceKnown(entry)
  if (isNextSequence(baseSequence, lastSequence)) return
  throw outOfOrder(producerId, baseSequence, `its last one was ${lastSequence}`)
}

function staleEpoch(
  { producerId, producerEpoch }: { producerId: number; producerEpoch: number },
  current: number,
): KafkaError {
  return new KafkaError(
    'INVALID_PRODUCER_EPOCH',
    `producer ${producerId} is at epoch ${current}: epoch ${producerEpoch} is stale`,
  )
}

function outOfOrder(producerId: number, baseSequence: number, why: string): KafkaError {
  return new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${producerId} sent sequence number ${baseSequence}, but ${why}`,
  )
}

const maxEpoch = 2 ** 15 - 1
