/** Objects that the elements of arrays may become in any frame, however small. */
const freeObjects = 131_072

/**
 * A place in received bytes, and what may still be made of them.
 *
 * The elements of arrays are budgeted, since they can cost much more in memory than on the wire:
 * 9 MB of topics with names of one letter are 264 MB of objects. A struct counts as one object and
 * so do the texts and arrays in it; a view on bytes counts as two. Arrays of numbers are not
 * counted, since they at most double in size.
 */
export class Cursor {
  readonly bytes: Buffer
  readonly view: DataView
  /** Where the next byte is read. */
  position = 0
  /** Nothing at or behind it is read. */
  readonly end: number
  /** How many objects the elements of arrays may still become. */
  objects: number

  /**
   * @param bytesPerObject Beyond the first 131,072 objects, how many bytes of the frame there must
   *   be for each. No client's request comes near 16; answers of brokers, which are trusted, do.
   */
  constructor(bytes: Uint8Array, bytesPerObject = 16) {
    const { buffer, byteOffset, byteLength } = bytes
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength)
    this.view = new DataView(buffer, byteOffset, byteLength)
    this.end = byteLength
    this.objects = freeObjects + Math.floor(byteLength / bytesPerObject)
  }

  get remaining(): number {
    return this.end - this.position
  }
}
