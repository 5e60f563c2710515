import type { Clock, Timer } from '../../lib/clock.ts'

/** What may be idle: nothing came or went since that turn of the timer. */
export type MayBeIdle = { idleSince(turn: number): boolean }

/**
 * One coarse timer for all connections, and none while there are none. Time is told in its turns, a
 * tenth of the limit each, so that a connection notes its last byte without asking a clock.
 */
export class IdleTimer<C extends MayBeIdle> {
  readonly turn = { count: 0 }
  private readonly options: Options<C>
  private timer: Timer | undefined

  constructor(options: Options<C>) {
    this.options = options
  }

  /** Called when there are connections. */
  start(): void {
    const { clock, maxIdleMs } = this.options
    this.timer ??= clock.timer(maxIdleMs / turns, () => this.go())
  }

  /** Called when there are none any more. */
  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private go(): void {
    this.timer = undefined
    this.turn.count += 1
    // Its last byte came within that turn: it is silent for the full time only after one more.
    const since = this.turn.count - turns - 1
    for (const connection of this.options.connections) {
      if (connection.idleSince(since)) this.options.onIdle(connection)
    }
    if (this.options.connections.size > 0) this.start()
  }
}

type Options<C> = {
  readonly clock: Clock
  readonly maxIdleMs: number
  readonly connections: ReadonlySet<C>
  readonly onIdle: (connection: C) => void
}

const turns = 10
