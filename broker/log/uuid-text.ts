import { zeroUuid } from '../protocol/codec/uuid.ts'

/** Whether it is an id as Kafka writes them: 16 bytes in base64url, and not all zeros. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text) && text !== zeroUuid
}

/** The last character holds two bits; the others of it are zero, or two texts would be one id. */
const uuidPattern = /^[\w-]{21}[AQgw]$/
