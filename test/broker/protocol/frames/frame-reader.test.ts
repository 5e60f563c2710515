import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from '../../../../broker/protocol/frames/frame-reader.ts'

const limits = { maxFrameBytes: 1_000_000 }

describe('frames come whole and in order', () => {
  test('however the bytes are cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 })
    const property = fc.property(payloads, cuts, fc.boolean(), (frames, sizes, inPlace) => {
      expect(readAll(framed(...frames), sizes, inPlace)).toEqual(frames.map(toHex))
    })
    fc.assert(property, { seed: 1, numRuns: 500 })
  })

  test('when every byte comes alone', () => {
    const frames = [Buffer.from('abc'), Buffer.alloc(0), Buffer.alloc(200, 7)]
    expect(readAll(framed(...frames), [1], false)).toEqual(frames.map(toHex))
    expect(readAll(framed(...frames), [1], true)).toEqual(frames.map(toHex))
  })

  test('when a frame is far larger than what comes at once', () => {
    const large = Buffer.from(Uint8Array.from({ length: 900_000 }, (_, index) => index % 251))
    const frames = [Buffer.from('before'), large, Buffer.from('after')]
    expect(readAll(framed(...frames), [65_536], false)).toEqual(frames.map(toHex))
    expect(readAll(framed(...frames), [65_536], true)).toEqual(frames.map(toHex))
  })
})

describe('little is copied', () => {
  test('a frame that lies whole in a chunk is a view on it', () => {
    const chunk = framed(Buffer.from('one'), Buffer.from('two'))
    const frames = collect((reader) => reader.push(chunk))
    expect(frames.map((frame) => frame.buffer === chunk.buffer)).toEqual([true, true])
  })

  test('so is one behind a frame that an earlier chunk began', () => {
    const bytes = framed(Buffer.from('begun'), Buffer.from('whole'))
    const chunk = Uint8Array.from(bytes.subarray(6))
    const frames = collect((reader) => {
      reader.push(bytes.subarray(0, 6))
      reader.push(chunk)
    })
    expect(frames.map((frame) => frame.buffer === chunk.buffer)).toEqual([false, true])
  })

  test('of a large frame that is read into place, a seventh at most is moved', () => {
    const size = 9_000_000
    const reader = new FrameReader({ maxFrameBytes: size }, () => {})
    const head = Buffer.alloc(4)
    head.writeInt32BE(size)
    reader.push(head)
    let moved = 0
    let region: ArrayBufferLike | undefined
    for (let left = size; left > 0; ) {
      const held = reader.pendingBytes
      const space = reader.space()
      if (space.buffer !== region) moved += held
      region = space.buffer
      const count = Math.min(space.byteLength, left, 65_536)
      reader.filled(count)
      left -= count
    }
    expect(moved).toBeLessThan(size / 7)
    expect(reader.pendingBytes).toBe(0)
  })
})

describe('readers that share their regions', () => {
  const bytes = framed(Buffer.from('first'), Buffer.alloc(40, 1), Buffer.alloc(60, 2))

  test('a frame that does not fit behind others moves, and what it leaves is told', () => {
    const regions = lent(100)
    const frames: string[] = []
    const reader = new FrameReader(limits, (frame) => frames.push(toHex(frame)), regions)
    reader.push(bytes.subarray(0, 6))
    fill(reader, bytes.subarray(6, 60))
    expect(reader.growthBytes).toBe(64)
    fill(reader, bytes.subarray(60))
    expect(frames).toEqual(
      [Buffer.from('first'), Buffer.alloc(40, 1), Buffer.alloc(60, 2)].map(toHex),
    )
    expect(regions.taken).toEqual([9, 64])
    expect(regions.left).toEqual([53, 64])
    expect(reader.copiedBytes).toBe(6 + 7)
  })

  test('a reader that stops leaves what has come of a frame', () => {
    const regions = lent(100)
    const reader = new FrameReader(limits, () => {}, regions)
    reader.push(bytes.subarray(0, 6))
    reader.discard()
    reader.discard()
    expect(regions.left).toEqual([0])
    expect(reader.pendingBytes).toBe(0)
  })

  test('a frame before bytes that are none stays where it is', () => {
    const regions = lent(100)
    const reader = new FrameReader(limits, () => {}, regions)
    reader.push(bytes.subarray(0, 6))
    const rest = Buffer.concat([bytes.subarray(6, 9), Buffer.from([0x80, 0, 0, 0])])
    expect(() => fill(reader, rest)).toThrow('claims -2147483648 bytes')
    reader.discard()
    expect(regions.left).toEqual([13])
  })

  function lent(sizeBytes: number) {
    const taken: number[] = []
    const left: number[] = []
    return {
      taken,
      left,
      take(_: number, frameBytes: number) {
        taken.push(frameBytes)
        return Buffer.alloc(sizeBytes)
      },
      leave: (_: Buffer, unusedFrom: number) => void left.push(unusedFrom),
    }
  }

  function fill(reader: FrameReader, piece: Uint8Array) {
    reader.space().set(piece)
    reader.filled(piece.byteLength)
  }
})

describe('what a peer claims costs nothing', () => {
  test('a size above the limit is refused as soon as it is there', () => {
    const reader = new FrameReader({ maxFrameBytes: 100 }, () => {})
    const act = () => reader.push(Buffer.from([0, 0, 0, 101]))
    expect(act).toThrow(expect.objectContaining({ reason: 'FrameTooLarge' }))
    expect(act).toThrow('a frame claims 101 bytes, 0 to 100 are allowed')
  })

  test('a negative size is refused', () => {
    const reader = new FrameReader(limits, () => {})
    expect(() => reader.push(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow('claims -1 bytes')
  })

  test('frames before a bad one are handed out', () => {
    const bytes = Buffer.concat([framed(Buffer.from('good')), Buffer.from([0x80, 0, 0, 0])])
    const frames: string[] = []
    const reader = new FrameReader(limits, (frame) => frames.push(toHex(frame)))
    expect(() => reader.push(bytes)).toThrow('claims -2147483648 bytes')
    expect(frames).toEqual([toHex(Buffer.from('good'))])
  })

  test('100 MB that are claimed and do not come take no more than 64 KiB', () => {
    const reader = new FrameReader({ maxFrameBytes: 100 * 2 ** 20 }, () => {})
    reader.push(Buffer.from([0x06, 0x40, 0, 0, 1, 2, 3]))
    expect(reader.space().buffer.byteLength).toBeLessThanOrEqual(64 * 1024)
  })

  test('a region is never more than 8 times what has come', () => {
    const reader = new FrameReader({ maxFrameBytes: 100 * 2 ** 20 }, () => {})
    reader.push(Buffer.from([0x06, 0x40, 0, 0]))
    for (let come = 4; come < 20 * 2 ** 20; ) {
      const space = reader.space()
      expect(space.buffer.byteLength).toBeLessThanOrEqual(Math.max(64 * 1024, come * 8))
      reader.filled(space.byteLength)
      come += space.byteLength
    }
  })

  test('nothing is kept between frames', () => {
    const reader = new FrameReader(limits, () => {})
    reader.push(framed(Buffer.from('abc')).subarray(0, 5))
    reader.push(framed(Buffer.from('abc')).subarray(5))
    expect(reader.pendingBytes).toBe(0)
  })
})

/** The frames, as hex, of bytes that come in pieces of the given sizes, over and over. */
function readAll(bytes: Uint8Array, sizes: readonly number[], inPlace: boolean): string[] {
  // Copied at once: what a frame is a view on may be overwritten by what comes next.
  const frames: string[] = []
  const reader = new FrameReader(limits, (frame) => frames.push(toHex(frame)))
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] as number))
    if (!inPlace) {
      reader.push(Uint8Array.from(piece))
      at += piece.byteLength
      continue
    }
    const space = reader.space()
    const count = Math.min(space.byteLength, piece.byteLength)
    space.set(piece.subarray(0, count))
    reader.filled(count)
    at += count
  }
  return frames
}

function collect(act: (reader: FrameReader) => void): Uint8Array[] {
  const frames: Uint8Array[] = []
  act(new FrameReader(limits, (frame) => frames.push(frame)))
  return frames
}

function framed(...payloads: Uint8Array[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(payload.byteLength)
      return [size, payload]
    }),
  )
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
