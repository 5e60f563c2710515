/**
 * Buffers that ranges of files are read into on their way to a socket. They are used again and
 * again. A connection has one at a time, for as long as its peer takes to take it: a few get a
 * megabyte, and when many peers are slow, the others get less.
 */
export class Pieces {
  private free: Buffer[] = []
  private largeInUse = 0

  take(): Buffer {
    if (this.largeInUse === mostLarge) return Buffer.allocUnsafeSlow(smallPieceBytes)
    this.largeInUse += 1
    return this.free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
  }

  /** @param reusable Whether nothing will read or write the buffer any more. */
  giveBack(piece: Buffer, reusable: boolean): void {
    if (piece.byteLength < pieceBytes) return
    this.largeInUse -= 1
    if (reusable && this.free.length < mostKept) this.free.push(piece)
  }
}

export const pieceBytes = 2 ** 20
const smallPieceBytes = 64 * 1024
const mostLarge = 64
const mostKept = 8
