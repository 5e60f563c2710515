/**
 * The lines of a text that comes in pieces, without their ends. What stands behind the last one is
 * no line: it was cut off.
 *
 * @throws If one is longer than `maxBytes`.
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = []
  let partBytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      parts.push(chunk.subarray(start, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      partBytes = 0
      start = end + 1
    }
    parts.push(chunk.subarray(start))
    partBytes += chunk.length - start
    if (partBytes > maxBytes) throw new Error(`a line is longer than ${maxBytes} bytes`)
  }
}

const newline = 0x0a
