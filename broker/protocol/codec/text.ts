export function readText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end)
}

export function textBytes(text: string): number {
  return Buffer.byteLength(text)
}

/** @returns Where it ends. */
export function writeText(bytes: Buffer, position: number, text: string): number {
  return position + bytes.write(text, position, 'utf8')
}
