/**
 * How much was written within the last minute. etcd keeps every revision for 5 to 10 minutes, and one
 * that is full makes the whole Kubernetes read-only, so a log stays below 1 MB/s.
 */
export type ByteMeter = readonly { readonly second: number; readonly bytes: number }[]

export const emptyMeter: ByteMeter = []

/** @param atMs Of a clock that never goes back. */
export function metered(meter: ByteMeter, bytes: number, atMs: number): ByteMeter {
  const second = Math.floor(atMs / 1000)
  const kept = meter.filter((slot) => slot.second > second - windowSeconds)
  const last = kept.at(-1)
  if (last?.second !== second) return [...kept, { second, bytes }]
  return [...kept.slice(0, -1), { second, bytes: last.bytes + bytes }]
}

/** How long to wait before more is written, with what can wait; 0 while there is room. */
export function delayMsOf(meter: ByteMeter, atMs: number): number {
  const second = Math.floor(atMs / 1000)
  const slots = meter.filter((slot) => slot.second > second - windowSeconds)
  let bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0)
  if (bytes < budgetBytes) return 0
  for (const slot of slots) {
    bytes -= slot.bytes
    if (bytes < budgetBytes) return (slot.second + windowSeconds) * 1000 - atMs
  }
  return 0
}

const windowSeconds = 60
const budgetBytes = windowSeconds * 1_000_000
