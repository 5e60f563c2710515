import { gunzipSync, gzipSync } from 'node:zlib'
import { runZlib } from './zlib.ts'

/** One gzip member (RFC 1952) at zlib's default level, which is Kafka's default. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes)
}

/** Reads one or more members in a row, as Java's GZIPInputStream does. */
export function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return runZlib(gunzipSync, bytes, maxBytes)
}
