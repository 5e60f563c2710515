import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { Admission, type ConnectionLimits, plainIp } from './admission.ts'
import { type Closed, Connection, type Shared } from './connection.ts'
import { IdleTimer } from './idle-timer.ts'
import { defaultNetLimits, type NetLimits } from './limits.ts'
import { type CloseReason, type NetMetrics, newNetMetrics } from './metrics.ts'
import { networkError } from './network-error.ts'
import { Pieces } from './pieces.ts'
import { type ReadMode, readModeOf, takeOver } from './read-in-place.ts'
import { landingBytes, ReceiveBudget } from './receive-budget.ts'
import { Slabs } from './slabs.ts'

export type ListenOptions = {
  readonly host: string
  /** 0 picks one that is free. */
  readonly port: number
  /** Those that are not named are the defaults. */
  readonly limits?: Partial<NetLimits>
  readonly clock: Clock
  /**
   * Called for each frame, without its size, in order. It calls `connection.begin()` once before it
   * returns. The frame stays as it is for as long as somebody looks at it.
   *
   * @throws {ProtocolError} Closes that connection. Anything else is our own mistake.
   */
  readonly onRequest: (frame: Uint8Array, connection: Connection) => void
  /** Our own mistake: the process is not to go on as if nothing were. */
  readonly onFatal: (error: unknown) => void
  readonly onClosed?: (connection: Connection, closed: Closed) => void
  /** A request was answered; its frame is about to be given back. Left out: nothing is timed. */
  readonly onAnswered?: (frame: Uint8Array, elapsedMs: number) => void
  /** Why a connection was refused or closed, or could not be accepted. */
  readonly log?: (event: NetEvent) => void
  /** Where frames come to lie, shared with other listeners. Left out: memory of its own. */
  readonly slabs?: Slabs
  /** Left out: the best that this Node can do. */
  readonly readMode?: ReadMode
}

export type NetEvent = {
  readonly reason: CloseReason | 'AcceptFailed'
  readonly message: string
  readonly remoteAddress: string
}

/** How connections ended when a listener was closed. */
export type Drained = {
  /** Everything that was read was answered. */
  readonly drained: number
  /** It was not, in the time that was given. */
  readonly destroyed: number
}

/**
 * Listens for clients.
 *
 * @throws {NetworkError} With a line that names host and port: EADDRINUSE, EACCES, EADDRNOTAVAIL,
 *   ENOTFOUND ...
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const listener = new Listener(options)
  await listener.start()
  return listener
}

/** A server and its connections. Made by `listen`. */
export class Listener {
  readonly metrics: NetMetrics = newNetMetrics()
  private readonly options: ListenOptions
  private readonly open = new Set<Connection>()
  private readonly server: Server
  private readonly admission: Admission
  private readonly idle: IdleTimer<Connection>
  private readonly shared: Shared
  private usedMode: ReadMode | undefined
  private nextId = 1
  private draining: Promise<Drained> | undefined
  private readonly ends = { drained: 0, destroyed: 0 }
  private onEmpty: (() => void) | undefined

  constructor(options: ListenOptions) {
    const limits = { ...defaultNetLimits, ...options.limits }
    this.options = options
    this.admission = new Admission(limits)
    this.idle = new IdleTimer({
      clock: options.clock,
      maxIdleMs: limits.maxIdleMs,
      connections: this.open,
      onIdle: (connection) => connection.destroy('Idle', `nothing for ${limits.maxIdleMs} ms`),
    })
    this.shared = this.sharedOf(limits)
    // A peer that has ended its side may still be answered. Small answers do not wait for more.
    const own = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }
    this.server = createServer(own, (socket) => this.accept(socket))
  }

  /** Those that are open. */
  get connections(): ReadonlySet<Connection> {
    return this.open
  }

  /** Takes so many connections from now on; those that are open stay. */
  limitConnections(limits: ConnectionLimits): void {
    this.admission.limits = limits
  }

  /** Where it listens. */
  get port(): number {
    return (this.server.address() as { port: number }).port
  }

  /** How bytes are read; undefined before the first connection. */
  get readMode(): ReadMode | undefined {
    return this.usedMode
  }

  /** Begins to listen, once. Throws as `listen` does. */
  async start(): Promise<void> {
    const { host, port } = this.options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.server.once('error', reject)
    this.server.listen({ host, port, backlog }, resolve)
    try {
      await promise
    } catch (error) {
      throw networkError('listen on', { host, port }, error)
    }
    this.server.off('error', reject)
    this.server.on('error', ({ message }) => {
      this.metrics.acceptErrors += 1
      this.options.log?.({ reason: 'AcceptFailed', message, remoteAddress: '' })
    })
  }

  /**
   * Takes no connection and reads no byte any more, answers what was read, and closes. What is not
   * answered and written in that time is cut off.
   */
  close({ drainMs }: { drainMs: number }): Promise<Drained> {
    this.draining ??= this.drain(drainMs)
    return this.draining
  }

  private async drain(drainMs: number): Promise<Drained> {
    const stopped = new Promise((resolve) => void this.server.close(resolve))
    for (const connection of this.open) connection.drain()
    const timer = this.options.clock.timer(drainMs, () => {
      for (const connection of this.open) {
        connection.destroy('Destroyed', `not answered and written in ${drainMs} ms`)
      }
    })
    if (this.open.size > 0) await new Promise<void>((resolve) => void (this.onEmpty = resolve))
    timer.cancel()
    await stopped
    return this.ends
  }

  private sharedOf(limits: NetLimits): Shared {
    const {
      clock,
      onRequest,
      onFatal,
      onAnswered,
      slabs = new Slabs({ clock, ...limits }),
    } = this.options
    const { metrics } = this
    const budget = new ReceiveBudget(limits.maxReceivedBytes, metrics)
    return {
      limits,
      clock,
      metrics,
      budget,
      slabs,
      regions: slabs.regions(budget),
      pieces: new Pieces(),
      landing: Buffer.allocUnsafeSlow(landingBytes),
      idleTurn: this.idle.turn,
      onRequest,
      onFatal,
      onAnswered,
      onClosed: (connection, closed) => this.closed(connection, closed),
    }
  }

  private accept(accepted: Socket): void {
    const { remoteAddress, remotePort } = accepted
    if (remoteAddress === undefined || this.draining !== undefined) {
      accepted.destroy() // it is gone already, or came at the last moment
      return
    }
    const address = plainIp(remoteAddress)
    const refused = this.admission.enter(address)
    if (refused !== undefined) {
      accepted.destroy()
      this.count({ reason: refused, message: 'refused' }, address)
      return
    }
    this.metrics.accepted += 1
    this.metrics.open += 1
    const peer = { id: this.nextId++, address, port: remotePort as number }
    const connection = new Connection(this.shared, peer)
    this.open.add(connection)
    this.idle.start()
    this.usedMode ??= this.options.readMode ?? readModeOf(accepted)
    connection.start(takeOver(accepted, this.usedMode, connection))
  }

  private closed(connection: Connection, closed: Closed): void {
    this.open.delete(connection)
    this.metrics.open -= 1
    this.admission.leave(connection.remoteAddress)
    this.count(closed, connection.remoteAddress)
    if (this.draining !== undefined) {
      this.ends[closed.reason === 'Destroyed' ? 'destroyed' : 'drained'] += 1
    }
    if (this.open.size === 0) {
      this.idle.stop()
      this.onEmpty?.()
    }
    this.options.onClosed?.(connection, closed)
  }

  private count({ reason, message }: Closed, remoteAddress: string): void {
    this.metrics.closed.set(reason, (this.metrics.closed.get(reason) ?? 0) + 1)
    this.options.log?.({ reason, message, remoteAddress })
  }
}

/**
 * Of a broker that was away all clients dial at once. Those for whom the kernel has no place find out
 * only when nobody answers. It takes net.core.somaxconn at most, 4,096 by default.
 */
const backlog = 4_096
