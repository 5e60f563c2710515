import type { Ground } from '../replica/judge-return.ts'
import { CorruptFileError } from './corrupt-file-error.ts'
import { objectOf, toUtf8 } from './text-file.ts'

const file = '.kavka_ground'

/**
 * On which ground the logs of a data directory were written to last. The file is ours: Kafka passes over
 * it, as over all files that it does not ask for by name (`LogManager.loadLogs` of 4.3 looks at
 * directories alone).
 */
export function encodeGround({ bootId, device }: Ground): Uint8Array {
  return toUtf8(JSON.stringify({ version: 0, bootId, device }))
}

/** @throws {CorruptFileError} Then nobody knows, which is how a loss of power is taken. */
export function decodeGround(bytes: Uint8Array): Ground {
  const { bootId, device } = objectOf(file, bytes)
  if (isSaid(bootId) && isSaid(device)) return { bootId, device }
  throw new CorruptFileError(file, 'does not say of which boot and device')
}

function isSaid(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
