/** Kafka's uuid of all zeros: no id. 16 bytes as 22 characters of base64url. */
export const zeroUuid = 'A'.repeat(22)

export function readUuid(bytes: Buffer, view: DataView, position: number): string {
  if (view.getInt32(position) === 0 && isZero(view, position)) return zeroUuid
  return bytes.toString('base64url', position, position + 16)
}

/** Writes 16 bytes. @returns False where the text is no uuid. */
export function writeUuid(bytes: Buffer, position: number, uuid: unknown): boolean {
  if (typeof uuid !== 'string' || uuid.length !== 22) return false
  return bytes.write(uuid, position, 16, 'base64url') === 16
}

function isZero(view: DataView, position: number): boolean {
  return view.getBigInt64(position) === 0n && view.getBigInt64(position + 8) === 0n
}
