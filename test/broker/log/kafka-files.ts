import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  AppendedBatch,
  AppendedTransactionEnd,
  DuplicateBatch,
} from '../../../broker/log/producer-batch.ts'
import type { AppendOrigin, Verification } from '../../../broker/log/producer-checks.ts'
import type { ProducerSummary } from '../../../broker/log/producer-entry.ts'
import { type CompletedTransaction, ProducerState } from '../../../broker/log/producer-state.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'

/** What scripts/kafka/Snapshots.java prints: Kafka's own files, and what its classes answered. */
export type KafkaFiles = {
  producerSnapshots: { name: string; base64: string; producers: ProducerSummary[] }[]
  producerRuns: ProducerRun[]
  leaderEpochRuns: LeaderEpochRun[]
  transactionIndexes: {
    entries: [producerId: number, first: number, last: number, lastStable: number][]
    base64: string
    searches: [from: number, to: number, lastOffsets: number[], isComplete: boolean][]
    truncateTo: number
    truncated: string
  }[]
  offsetCheckpoints: { entries: [string, number, number][]; base64: string }[]
  partitionMetadata: { topicId: string; base64: string }[]
  metaProperties: {
    version: 0 | 1
    clusterId: string
    nodeId: number
    directoryId: string
    base64: string
  }[]
  cleanShutdown: { brokerEpoch: number; base64: string }[]
}

export type ProducerRun = {
  seed: number
  steps: ProducerStep[]
  mapEndOffset: number
  producers: ProducerSummary[]
}

export type ProducerStep = Call & {
  error?: string
  duplicate?: DuplicateBatch
  completed?: CompletedTransaction
  undecided: number
  unstable: number
  producers: number
  late: boolean
}

type Call =
  | ({ do: 'append'; origin: AppendOrigin; verification?: Verification } & AppendedBatch)
  | ({ do: 'end'; origin: AppendOrigin; transactionVersion: number } & AppendedTransactionEnd)
  | { do: 'highWatermark'; offset: number }
  | { do: 'expire'; nowMs: number }

export type LeaderEpochRun = {
  seed: number
  steps: {
    do: 'assign' | 'truncateFromStart' | 'truncateFromEnd'
    epoch?: number
    offset: number
    entries: [epoch: number, startOffset: number][]
  }[]
  byEpoch: [
    epoch: number,
    found: number,
    endOffset: number,
    previous: number | null,
    next: number | null,
  ][]
  epochForOffset: (number | null)[]
  base64: string
}

export const kafkaFiles = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/kafka-files.json'), 'utf8'),
) as KafkaFiles

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Lets our producer state do what Kafka's did. @returns What it answered, in Kafka's form. */
export function replay({ steps }: Pick<ProducerRun, 'steps'>): {
  state: ProducerState
  answered: ProducerStep[]
} {
  const state = new ProducerState()
  const answered = steps.map((step) => {
    const { error: _, duplicate: __, completed: ___, ...call } = step
    return {
      ...call,
      ...answer(state, call),
      undecided: state.firstUndecidedOffset ?? -1,
      unstable: state.firstUnstableOffset ?? -1,
      producers: state.producerCount,
      late: state.hasLateTransaction({ nowMs: lateMs, maxTransactionTimeoutMs: 900_000 }),
    } as ProducerStep
  })
  return { state, answered }
}

function answer(state: ProducerState, call: Call): Partial<ProducerStep> {
  try {
    switch (call.do) {
      case 'append': {
        const duplicate = state.check(call, call)
        if (duplicate !== undefined) return { duplicate }
        state.update(call)
        return {}
      }
      case 'end': {
        if (call.origin !== 'replication') state.checkEnd(call, call)
        const completed = state.end(call)
        return completed === undefined ? {} : { completed }
      }
      case 'highWatermark':
        state.onHighWatermarkUpdated(call.offset)
        return {}
      case 'expire':
        state.removeExpired({ nowMs: call.nowMs, producerIdExpirationMs: 86_400_000 })
        return {}
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { error: error.code }
  }
}

/** When Snapshots.java asks. */
const lateMs = 1_700_000_000_000 + 900_000 + 300_000 + 30_000
