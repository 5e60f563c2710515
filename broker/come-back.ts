import type { Logger } from '../lib/logger.ts'
import type { DataDirectory } from './log/data-directory/data-directory.ts'
import {
  type FoundLog,
  type Ground,
  judgeReturn,
  type LastLife,
  type Return,
} from './replica/judge-return.ts'

/**
 * How a broker comes back from its last life, by what its data directory has: to be asked once it is
 * open, before anything is written there. It is said in one line, but for a directory that is new.
 *
 * @param now Where it runs; undefined: the system does not say.
 * @throws {StorageError} If the disk does not take it that something may be lost.
 */
export function comeBack(
  directory: DataDirectory,
  now: Ground | undefined,
  log: Pick<Logger, 'info' | 'warn'>,
): Return {
  const last = lastLifeIn(directory)
  const how = judgeReturn(last, now, foundIn(directory))
  const isNew = !directory.lastStop.clean && last.ground === undefined && isEmpty(directory)
  if (isNew) return how
  if (how === 'unflushed-lost') {
    directory.doubt()
    log.warn(lines[how])
  } else log.info(lines[how])
  return how
}

/**
 * Of the last life that was registered. One that was stopped in order before it was has no epoch to
 * show; whether what those before it wrote is still there, the ground tells. Where one of them found
 * that it is not, there is no ground any more: that is how a loss is kept until it was told.
 */
function lastLifeIn({ lastStop, ground }: DataDirectory): LastLife {
  const { brokerEpoch = -1 } = lastStop
  const cleanBrokerEpoch = brokerEpoch < 0 ? undefined : brokerEpoch
  return { cleanBrokerEpoch, ground }
}

/** What was found of logs that can be used is durable. */
function* foundIn(directory: DataDirectory): Generator<FoundLog> {
  for (const own of [...directory.partitions(), ...directory.gone]) {
    const log = directory.get(own)
    yield {
      logEndOffset: log?.logEndOffset ?? 0,
      highWatermark: directory.checkpointOf('replication-offset-checkpoint', own) ?? 0,
      isFlushed: log !== undefined && log.offline === undefined,
    }
  }
}

function isEmpty(directory: DataDirectory): boolean {
  return directory.partitions().next().done === true && directory.gone.length === 0
}

const lines = {
  clean: 'it was stopped in order',
  crashed: 'it crashed: all that it wrote is there',
  'unflushed-lost':
    'the power was lost, or this is another machine or disk: what was not flushed may be gone',
} satisfies Record<Return, string>
