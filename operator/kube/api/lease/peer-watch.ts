import { connect, type Socket } from 'node:net'
import type { Clock, Timer } from '../../../../lib/clock.ts'

/** Where the process that holds the Lease listens, and what it calls itself. */
export type Peer = { readonly identity: string; readonly host: string; readonly port: number }

/**
 * Holds a connection to the active operator, so that its death is noticed when the kernel closes it,
 * and not only when its Lease ends. Proof of death is that a connection was there, was closed, and the
 * next one is refused: one that is slow, or comes to nothing, proves nothing, and who has just taken
 * the Lease may not listen yet.
 */
export class PeerWatch {
  readonly #clock: Clock
  readonly #onDead: (identity: string) => void
  #peer: Peer | undefined
  #socket: Socket | undefined
  #timer: Timer | undefined
  #wasConnected = false

  constructor({ clock, onDead }: { clock: Clock; onDead: (identity: string) => void }) {
    this.#clock = clock
    this.#onDead = onDead
  }

  /** @param peer Undefined: nobody, or this process itself. */
  watch(peer: Peer | undefined): void {
    if (this.#peer?.identity === peer?.identity) return
    this.#peer = peer
    this.#wasConnected = false
    this.#timer?.cancel()
    this.#socket?.destroy()
    this.#socket = undefined
    if (peer !== undefined) this.#dial(peer)
  }

  #dial({ host, port, identity }: Peer): void {
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 5_000 })
    let isOpen = false
    this.#socket = socket
    socket.on('connect', () => {
      isOpen = true
      if (this.#socket === socket) this.#wasConnected = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#socket !== socket || isOpen) return
      if (error.code === 'ECONNREFUSED' && this.#wasConnected) this.#onDead(identity)
    })
    socket.on('close', () => {
      if (this.#socket !== socket) return
      // At once: of a pod that was deleted by force only the first attempt is refused.
      if (isOpen) this.#redial()
      else this.#timer = this.#clock.timer(redialMs, () => this.#redial())
    })
    socket.resume()
  }

  #redial(): void {
    if (this.#peer !== undefined) this.#dial(this.#peer)
  }
}

const redialMs = 500
