import { maxAmountLength } from './fields.ts'

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** The form of a duration. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/

/**
 * A time as Go and Kubernetes write it: `1500ms`, `1.5s`, `1h30m`.
 *
 * @returns Milliseconds; undefined for what is no duration. A bare number is none: of what?
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > maxAmountLength || !durationPattern.test(text)) return undefined
  let ms = 0
  for (const [, count, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    ms += Number(count) * (unitsMs[unit as string] as number)
  }
  return ms
}
