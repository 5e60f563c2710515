/**
 * What happened in a run, in readable words: a hash of all of it, and the last lines. Two runs of one
 * seed have equal hashes, or something came in from outside. Stacks do not belong into it: they name
 * the paths of a machine.
 */
export class Trace {
  readonly #keptLines: number
  #lines: string[] = []
  #count = 0
  // Two lanes of 32 bits, since whole numbers of 64 are slow here: FNV-1a, and one that rotates.
  #first = 0x811c9dc5
  #second = 0x9e3779b9

  constructor(keptLines: number) {
    this.#keptLines = keptLines
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count
  }

  /** Of all lines so far, 16 hexadecimal digits. */
  get hash(): string {
    return [this.#first, this.#second]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, '0'))
      .join('')
  }

  /** The last ones, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-this.#keptLines)
  }

  add(line: string): void {
    for (let at = 0; at < line.length; at++) this.#mix(line.charCodeAt(at))
    this.#mix(10)
    this.#count++
    this.#lines.push(line)
    if (this.#lines.length > this.#keptLines * 2) this.#lines = this.#lines.slice(-this.#keptLines)
  }

  #mix(code: number): void {
    this.#first = Math.imul(this.#first ^ code, 0x01000193)
    this.#second = Math.imul(((this.#second << 5) | (this.#second >>> 27)) ^ code, 0x9e3779b1)
  }
}
