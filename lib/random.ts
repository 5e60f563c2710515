import { randomBytes } from 'node:crypto'

/** Chance. It comes in as a parameter, so that a simulator can repeat a run from its seed. */
export type Random = {
  /** A whole number, 0 or more and less than `below`, which is at most 2 ** 32. */
  below(below: number): number
  /** `count` bytes that nobody can guess, with the machine's end. */
  bytes(count: number): Uint8Array
}

/** The chance of this machine. */
export const realRandom: Random = {
  below: (below) => Math.floor((randomBytes(4).readUInt32BE(0) / 2 ** 32) * below),
  bytes: (count) => new Uint8Array(randomBytes(count)),
}
