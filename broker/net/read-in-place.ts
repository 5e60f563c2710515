import { type BoundSocket, Socket } from 'node:net'

/** What reads bytes from a socket: either into memory that we choose, or as Node likes. */
export type Reading = {
  /** Where the next bytes are read to; asked once before and after each read. */
  buffer(): Uint8Array
  /** So many bytes were read into `buffer`, which is what was given last. */
  filled(count: number, buffer: Uint8Array): void
  /** Bytes came in memory of their own. */
  push(chunk: Uint8Array): void
}

/** `in-place`: into our own memory. `chunks`: Node allocates 64 KB for each read. */
export type ReadMode = 'in-place' | 'chunks'

/** Which of them this Node can do with sockets that a server accepted. */
export function readModeOf(accepted: Socket): ReadMode {
  return typeof handleOf(accepted)?.useUserBuffer === 'function' ? 'in-place' : 'chunks'
}

/**
 * Takes over a socket that was accepted with `pauseOnConnect`, so that it reads into our memory.
 * It stays paused.
 *
 * Node offers that (`onread`) to sockets which connect, and not to those which are accepted. Their
 * handle is therefore given to a new Socket by the constructor's option `handle`, which is documented
 * for other handles only, and from Node 26 on. Where there is no such handle the accepted socket is used as it is, with 'data'
 * events. (Half of the time that receiving costs is in memory that is new for each read.)
 */
export function takeOver(accepted: Socket, mode: ReadMode, reading: Reading): Socket {
  const handle = handleOf(accepted)
  if (mode === 'chunks' || handle === undefined) {
    accepted.on('data', (chunk) => reading.push(chunk as Uint8Array)) // no encoding is set
    accepted.pause()
    return accepted
  }
  const socket = new Socket({
    handle: handle as unknown as BoundSocket, // the only kind that is documented
    allowHalfOpen: true,
    onread: {
      buffer: () => reading.buffer(),
      callback(count, buffer) {
        reading.filled(count, buffer)
        return true // what stops reading is pause()
      },
    },
  })
  socket.pause()
  // The server counts its sockets: it is told that this one is gone, without closing the handle.
  ;(accepted as unknown as { _handle: unknown })._handle = null
  accepted.destroy()
  return socket
}

type Handle = { useUserBuffer?: unknown }

function handleOf(socket: Socket): Handle | undefined {
  return (socket as unknown as { _handle?: Handle | null })._handle ?? undefined
}
