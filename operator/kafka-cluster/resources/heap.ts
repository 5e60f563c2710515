import { parseQuantity } from '../../api/schema/quantity.ts'

/**
 * How large V8's heap may grow in a container, in MiB: half of its memory. What brokers receive and
 * keep of logs is outside of that heap, and so is Node itself. Left to itself V8 takes more of a small
 * container than there is.
 *
 * @param memory The container's limit. Undefined: none.
 */
export function heapMebibytes(memory: string | number | undefined): number | undefined {
  const bytes = memory === undefined ? undefined : parseQuantity(memory)
  return bytes === undefined ? undefined : Math.max(1, Math.floor(bytes / 2 / 2 ** 20))
}
