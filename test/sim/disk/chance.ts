import { seeded } from '../../support/mutate.ts'

/** A number from 0 up to `below`, the same ones for the same seed. */
export type Chance = (below: number) => number

/** A stream of its own for each label: one that is asked more often does not shift the others. */
export function chanceOf(seed: number, label: string): Chance {
  let state = mix(seed ^ 0x9e3779b9)
  for (let at = 0; at < label.length; at++) state = mix(state ^ label.charCodeAt(at))
  return seeded(state === 0 ? 1 : state) // the generator never leaves zero
}

/** The finalizer of MurmurHash3: seeds that lie side by side give streams that do not. */
function mix(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
