/** The bytes of a file, which grow; what was never written between them is zero. */
export class Content {
  #bytes = new Uint8Array(0) // zero from `sizeBytes` on
  sizeBytes = 0

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    this.grow(position + bytes.length)
    this.#bytes.set(bytes, position)
  }

  /** Makes it at least so long, with zeros. */
  grow(sizeBytes: number): void {
    if (sizeBytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(sizeBytes, 2 * this.#bytes.length, 64))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.sizeBytes = Math.max(this.sizeBytes, sizeBytes)
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      this.#bytes.fill(0, sizeBytes, this.sizeBytes)
      this.sizeBytes = sizeBytes
    }
    this.grow(sizeBytes)
  }

  read(into: Uint8Array, position: number): number {
    const found = this.#bytes.subarray(position, Math.min(position + into.length, this.sizeBytes))
    into.set(found)
    return found.length
  }

  flipBit(at: number, bit: number): void {
    this.#bytes[at] = (this.#bytes[at] as number) ^ (1 << bit)
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.sizeBytes)
  }

  copy(): Content {
    const copy = new Content()
    copy.write(this.bytes(), 0)
    return copy
  }
}
