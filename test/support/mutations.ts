/**
 * Copies of `original` with a few bytes changed, cut out or doubled. The same ones for the same
 * seed. Each is valid only until the next one is asked for.
 */
export function* mutations(
  original: Uint8Array,
  { count, seed }: { count: number; seed: number },
): Generator<Uint8Array> {
  const random = randomIntegers(seed)
  const buffer = new Uint8Array(original.length * 2)
  for (let i = 0; i < count; i++) {
    buffer.set(original)
    let { length } = original
    for (let changes = 1 + random(4); changes > 0; changes--) {
      const at = random(length)
      const kind = random(12)
      if (kind < 4) buffer[at] = random(256)
      else if (kind < 7) buffer[at] = (buffer[at] as number) ^ (1 << random(8))
      else if (kind < 10) buffer[at] = telling[random(telling.length)] as number
      else if (kind < 11 && length > 1) length = at + 1
      else if (length < original.length * 2 - 1) {
        buffer.copyWithin(at + 1, at, length)
        length++
      }
    }
    yield buffer.subarray(0, length)
  }
}

/** Ends of ranges, signs and continuation bits. */
const telling = [0x00, 0x01, 0x02, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff]

/** Integers from 0 below a bound, by mulberry32. */
function randomIntegers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
