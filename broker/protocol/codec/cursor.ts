/** Array elements that any frame may hold; larger frames may hold one more for each 16 bytes. */
const freeElements = 131_072
const bytesPerElement = 16

/**
 * A place in received bytes, and what may still be taken from there.
 *
 * Elements are budgeted because they cost much more in memory than on the wire: 9 MB of topics
 * with names of one letter are 264 MB of objects. Arrays of numbers are not counted, since they at
 * most double in size.
 */
export class Cursor {
  readonly bytes: Buffer
  readonly view: DataView
  /** Where the next byte is read. */
  position: number
  /** Nothing at or behind it is read. */
  readonly end: number
  /** How many structs, strings, uuids and byte arrays may still come as elements of arrays. */
  elements: number

  constructor(bytes: Uint8Array, position = 0, end = bytes.byteLength) {
    const { buffer, byteOffset, byteLength } = bytes
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength)
    this.view = new DataView(buffer, byteOffset, byteLength)
    this.position = position
    this.end = end
    this.elements = freeElements + Math.floor((end - position) / bytesPerElement)
  }

  get remaining(): number {
    return this.end - this.position
  }
}
