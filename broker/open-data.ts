import type { Clock } from '../lib/clock.ts'
import type { Files } from '../lib/files.ts'
import type { Random } from '../lib/random.ts'
import type { StorageError } from '../lib/storage-error.ts'
import type { BrokerOptions } from './config/broker-options.ts'
import { producerIdExpirationMsOf } from './config/broker-settings.ts'
import type { DiskHealth } from './disk-health.ts'
import { DataDirectory } from './log/data-directory/data-directory.ts'
import { DiskPace } from './log/disk-pace.ts'
import { FileHandles } from './log/file-handles.ts'
import { Tail } from './log/tail.ts'
import { MetadataCopy } from './metadata/files/metadata-copy.ts'
import { metadataTopic } from './metadata/metadata-topic.ts'
import type { FrameMemory } from './protocol/frames/frame-memory.ts'

export type OpenedData = {
  readonly directory: DataDirectory
  readonly copy: MetadataCopy
  readonly tail: Tail
}

/**
 * Opens what a broker has on its disk: the logs of partitions, and its copy of the metadata log.
 *
 * @throws {StorageError} Foreign, Untrusted. @throws {MetadataError} The copy cannot be understood.
 */
export async function openData(
  { dataDir, clusterId, nodeId, config }: BrokerOptions,
  ends: {
    readonly files: Files
    readonly clock: Clock
    readonly random: Random
    readonly memory: FrameMemory
    readonly health: DiskHealth
    readonly onFatal: (error: unknown) => void
  },
): Promise<OpenedData> {
  const { files, clock, random, memory, health, onFatal } = ends
  const tail = new Tail({ maxBytes: tailBytes, memory })
  const handles = new FileHandles(files, { most: openFiles, turn: () => clock.turn() })
  const onProblem = (problem: StorageError) => health.met(problem)
  const directory = await DataDirectory.open(
    {
      path: dataDir,
      owner: { clusterId, nodeId, newDirectoryId: newUuid(random) },
      producerIdExpirationMs: producerIdExpirationMsOf(config),
      nowMs: clock.nowMs(),
      configOf: () => undefined, // all of them are told once the controller has been heard
      pause: () => clock.turn(),
      onProblem,
    },
    { files, handles, tail, memory, pace: new DiskPace(clock), onFatal },
  )
  try {
    const copyDirectory = `${dataDir}/${metadataTopic}-0`
    const copy = MetadataCopy.open({ files, clock, directory: copyDirectory, onFull: onProblem })
    return { directory, copy, tail }
  } catch (error) {
    await leaveAsFound(directory)
    throw error
  }
}

/**
 * Closes logs that nobody has written to, so that the next start finds them as this one did: after a
 * clean stop, with the epoch of the broker that stopped.
 */
async function leaveAsFound(directory: DataDirectory): Promise<void> {
  const { clean, brokerEpoch = -1 } = directory.lastStop
  if (clean) await directory.stop({ brokerEpoch })
}

/** 16 random bytes, as Kafka writes them: never with a dash first, which tools take for an option. */
export function newUuid(random: Random): string {
  for (;;) {
    const text = Buffer.from(random.bytes(16)).toString('base64url')
    if (!text.startsWith('-')) return text
  }
}

/** Of the ends of all logs, in the buffers they came in: what consumers and followers ask for most. */
const tailBytes = 12 * 2 ** 20
/** Half of what a process may open by default, which sockets share. Half of these may be detached. */
const openFiles = 512
