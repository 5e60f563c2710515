import { apis } from '../generated/apis.ts'
import { errorCodes } from '../generated/error-codes.ts'
import type { Part } from '../schema/fields.ts'
import { encodeResponse } from './response.ts'

/**
 * The answer to an ApiVersions request of a version that the broker does not speak: in version 0,
 * which every client can read, with the range to try instead (KIP-511).
 *
 * @param range The versions of ApiVersions that the broker advertises.
 */
export function unsupportedApiVersions(
  correlationId: number,
  range: { minVersion: number; maxVersion: number },
): Part[] {
  return encodeResponse('ApiVersions', 0, correlationId, {
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apis.ApiVersions.key, ...range }],
  })
}

/**
 * Whether a client may name itself or its version so, from version 3 on; if not, the answer is
 * INVALID_REQUEST.
 */
export function isSoftwareName(text: string): boolean {
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text)
}
