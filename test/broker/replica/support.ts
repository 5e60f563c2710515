import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { logMoved } from '../../../broker/replica/leader-events.ts'
import { followerFetched } from '../../../broker/replica/leader-fetch.ts'
import {
  type Brokers,
  beginToLead,
  type LeaderState,
  type Now,
} from '../../../broker/replica/leader-state.ts'
import type { ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import type { ReplicaLog } from '../../../broker/replica/replica-log.ts'
import { ledByOne } from '../../support/partitions.ts'

/** A log with these epochs, each from an offset on, that ends at `logEndOffset`. */
export function logWith(
  epochs: readonly [epoch: number, startOffset: number][],
  logEndOffset: number,
  rest: Partial<ReplicaLog> = {},
): ReplicaLog {
  const starts = epochs.map(([epoch, startOffset]) => ({ epoch, startOffset }))
  const history = new LeaderEpochs(starts)
  return {
    logStartOffset: 0,
    logEndOffset,
    countedEndOffset: logEndOffset,
    epochs: history,
    ...rest,
  }
}

/** Brokers 1, 2 and 3 have epochs 101, 102 and 103 until they register anew. */
export function brokersWith(epochs: Record<number, number> = {}): Brokers {
  return (id) => ({ epoch: epochs[id] ?? 100 + id, fenced: false, inControlledShutdown: false })
}

/** Broker 1 leads 1, 2 and 3 in epoch 5, since its log ended at 10. */
export const image: PartitionImage = { ...ledByOne, partitionEpoch: 20 }

export const start: Now = {
  nowMs: 1_000,
  log: logWith([[4, 0]], 10),
  brokers: brokersWith(),
  settings: { minInsyncReplicas: 2, replicaLagTimeMaxMs: 10_000 },
}

/** After records of epoch 5 were appended up to `logEndOffset`. */
export function appendedTo(logEndOffset: number, rest: Partial<Now> = {}): Now {
  const epochs: [number, number][] = [
    [4, 0],
    [5, 10],
  ]
  return { ...start, log: logWith(epochs, logEndOffset), ...rest }
}

/** A leader with `isr`, after followers fetched from these offsets at 15, where its log ends. */
export function leading(
  { isr = image.isr, ends = {} }: { isr?: readonly number[]; ends?: Record<number, number> } = {},
  now: Now = appendedTo(15),
): LeaderState {
  const highWatermark = 8
  let state = beginToLead({ brokerId: 1, image: { ...image, isr }, highWatermark }, start)
  state = logMoved(state, now)
  for (const [id, fetchOffset] of Object.entries(ends)) {
    state = followerFetched(state, fetchOf(Number(id), fetchOffset), now).state
  }
  return state
}

export function fetchOf(
  brokerId: number,
  fetchOffset: number,
  rest: Partial<ReplicaFetch> = {},
): ReplicaFetch {
  return {
    brokerId,
    brokerEpoch: 100 + brokerId,
    currentLeaderEpoch: 5,
    fetchOffset,
    lastFetchedEpoch: fetchOffset > 10 ? 5 : 4,
    logStartOffset: 0,
    answeredMs: start.nowMs,
    ...rest,
  }
}
