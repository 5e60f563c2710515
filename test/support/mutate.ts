/** A small generator of numbers that repeats itself from a seed. @returns 0 up to `below`. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    // xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A damaged copy of a frame: a few of its bytes changed, cut off, doubled or made extreme. */
export function mutate(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(frame)
  for (let left = 1 + random(3); left > 0 && bytes.length > 0; left--) {
    const at = random(bytes.length)
    switch (random(6)) {
      case 0:
        bytes[at] = random(2) === 0 ? random(256) : (telling[random(telling.length)] as number)
        break
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8))
        break
      case 2:
        bytes = bytes.subarray(0, at)
        break
      case 3: // a claim that is far too large, or null
        bytes.fill(random(2) === 0 ? 0xff : 0x7f, at, Math.min(at + 1 + random(8), bytes.length))
        break
      case 4: // a part of it again, and so everything behind at another place
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1))])
        break
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))])
    }
  }
  return bytes
}

/** Ends of ranges, signs and continuation bits. */
const telling = [0x00, 0x01, 0x02, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff]

/** So many damaged copies of one frame, the same ones for the same seed. */
export function* mutations(
  original: Uint8Array,
  { count, seed }: { count: number; seed: number },
): Generator<Uint8Array> {
  const random = seeded(seed)
  for (let left = count; left > 0; left--) yield mutate(original, random)
}
