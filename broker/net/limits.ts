/** What one listener and each of its connections may take. Every one of them is a decision. */
export type NetLimits = {
  /** Of one frame, without its size; a longer or negative one closes the connection. */
  readonly maxFrameBytes: number
  /** Requests of one connection that are not answered yet; it is not read any further then. */
  readonly maxInFlightRequests: number
  /** Their bytes. The frame that goes beyond is still taken. */
  readonly maxInFlightBytes: number
  /** Memory that frames of all connections take, from arrival until they are answered. */
  readonly maxReceivedBytes: number
  /** Answers in memory that one peer has not taken: at the bound it is not read any further. */
  readonly pauseUnwrittenBytes: number
  /** The same: beyond it the connection is closed, unless it is one answer alone that is larger. */
  readonly maxUnwrittenBytes: number
  /** Connections at a time. */
  readonly maxConnections: number
  /** Connections at a time from one address. */
  readonly maxConnectionsPerIp: number
  /** Without a byte in or out, unless an answer is being waited for. Noticed within a tenth more. */
  readonly maxIdleMs: number
  /** For a peer that has ended its side to be answered, or to close after we have ended ours. */
  readonly lingerMs: number
}

/**
 * Where Kafka has the setting, its default is used, if that is a bound at all.
 *
 * @see https://kafka.apache.org/documentation/#brokerconfigs
 */
export const defaultNetLimits: NetLimits = {
  maxFrameBytes: 100 * 2 ** 20, // socket.request.max.bytes
  maxInFlightRequests: 256, // Kafka reads one request at a time; clients send 5, some far more
  maxInFlightBytes: 32 * 2 ** 20, // 5 batches of a megabyte, and room
  maxReceivedBytes: 256 * 2 ** 20, // queued.max.request.bytes; without a bound in Kafka
  pauseUnwrittenBytes: 2 ** 20,
  maxUnwrittenBytes: 64 * 2 ** 20, // an answer to Fetch has up to 55 MB by default
  maxConnections: 10_000, // max.connections; without a bound in Kafka
  maxConnectionsPerIp: 10_000, // max.connections.per.ip; without a bound in Kafka
  maxIdleMs: 600_000, // connections.max.idle.ms
  lingerMs: 1_000,
}
