import { ClientError } from '../client/client-error.ts'

/** Cuts bytes into lines, whatever else they are: a carriage return belongs to its line. */
export class LineSplitter {
  private begun: Uint8Array[] = []
  private begunBytes = 0

  /** @returns The lines that end within `chunk`, without their ends. @throws {ClientError} */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = []
    let start = 0
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, start)) {
      lines.push(this.withBegun(chunk.subarray(start, end)))
      start = end + 1
    }
    if (start < chunk.length) {
      this.begun.push(chunk.subarray(start))
      this.begunBytes += chunk.length - start
      if (this.begunBytes > maxLineBytes) {
        throw new ClientError('a line is longer than 100 MiB, which is more than a broker takes')
      }
    }
    return lines
  }

  /** A last line that has no end, once no more comes. */
  rest(): Uint8Array[] {
    return this.begun.length === 0 ? [] : [this.withBegun(new Uint8Array(0))]
  }

  private withBegun(end: Uint8Array): Uint8Array {
    if (this.begun.length === 0) return end
    const line = Buffer.concat([...this.begun, end])
    this.begun = []
    this.begunBytes = 0
    return line
  }
}

const lineEnd = 0x0a
const maxLineBytes = 100 * 2 ** 20 // socket.request.max.bytes
