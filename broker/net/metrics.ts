import type { ProtocolErrorReason } from '../protocol/protocol-error.ts'

/** Why a connection was closed. Stable words: logs and metrics use them. */
export type CloseReason =
  | 'Ended' // the peer ended it
  | 'Reset' // the peer, or what is between, broke it
  | 'Idle' // nothing came or went for too long
  | 'SlowPeer' // it did not take its answers
  | 'TooManyConnections'
  | 'TooManyConnectionsPerIp'
  | 'FileReadFailed' // a range of a file could not be sent as it was announced
  | 'Failed' // our own mistake
  | 'Drained' // the listener stopped; everything was answered
  | 'Destroyed' // the listener stopped; something was not answered in time
  | ProtocolErrorReason
  | (string & {}) // what a handler says

/** Plain counters of one listener. Whoever makes metrics of them reads them when asked. */
export type NetMetrics = {
  /** Connections that are open now. */
  open: number
  /** Those that were ever taken; refused ones are only in `closed`. */
  accepted: number
  closed: Map<CloseReason, number>
  /** Connections that the system could not hand over: no more file descriptors. */
  acceptErrors: number
  requests: number
  /** Read, and not answered yet. */
  requestsInFlight: number
  bytesIn: number
  bytesOut: number
  /** Bytes of requests that were moved in memory after they were received. */
  copiedBytes: number
  /** Bytes of answers that were moved in memory before they were sent: small parts are joined. */
  joinedBytes: number
  /** Memory of received frames, in whole buffers. */
  receivedBytes: number
  /** How often a connection had to wait for such memory. */
  memoryWaits: number
}

export function newNetMetrics(): NetMetrics {
  return {
    open: 0,
    accepted: 0,
    closed: new Map(),
    acceptErrors: 0,
    requests: 0,
    requestsInFlight: 0,
    bytesIn: 0,
    bytesOut: 0,
    copiedBytes: 0,
    joinedBytes: 0,
    receivedBytes: 0,
    memoryWaits: 0,
  }
}
