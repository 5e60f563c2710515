/** Both sides of `cold-reads.ts`: `serve WAY FILE` and `ask PORT`. */
import { once } from 'node:events'
import { openSync, read, readSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'

const [role, ...args] = process.argv.slice(2)
const mb = 1024 * 1024
if (role === 'ask') await Promise.all([ask(), ask(), ask()])
else await serve(args[0] as string, openSync(args[1] as string, 'r'))

async function ask(): Promise<void> {
  const socket = connect(Number(args[0]), '127.0.0.1')
  let left = 512 * mb
  let ofAnswer = mb
  socket.write('?')
  for await (const chunk of socket) {
    const { length } = chunk as Buffer
    left -= length
    ofAnswer -= length
    if (ofAnswer > 0) continue
    if (left <= 0) break
    ofAnswer = mb
    socket.write('?')
  }
  socket.destroy()
}

async function serve(way: string, file: number): Promise<void> {
  const answer = await answerBy(way, file)
  const server = createServer({ noDelay: true }, (socket) => {
    let position = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      void answer(socket, position)
      position = (position + mb) % (256 * mb)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send?.((server.address() as { port: number }).port)
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
}

type Answer = (socket: Socket, position: number) => Promise<void>

async function answerBy(way: string, file: number): Promise<Answer> {
  const pool: Buffer[] = []
  if (way === 'sendfile') return bySendfile(file)
  return async (socket, position) => {
    const buffer = pool.pop() ?? Buffer.allocUnsafeSlow(mb)
    if (way === 'read at once') readSync(file, buffer, 0, mb, position)
    else
      await new Promise<void>((resolve) => {
        read(file, buffer, 0, mb, position, () => resolve())
      })
    socket.write(buffer, () => void pool.push(buffer))
  }
}

/** Where the socket takes no more, a little is written as usual, which tells when it does again. */
async function bySendfile(file: number): Promise<Answer> {
  const { dlopen, getRawPointer } = await import('node:ffi')
  const { functions } = dlopen('libc.so.6', {
    sendfile: { arguments: ['i32', 'i32', 'pointer', 'u64'], return: 'i64' },
  })
  // Not a small Buffer, which may lie within V8's heap and move; and held for ever by the view.
  const offset = new DataView(new ArrayBuffer(4_096))
  const offsetAt = getRawPointer(offset.buffer)
  const some = 64 * 1024
  return async (socket, position) => {
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
    for (let at = position; at < position + mb; ) {
      offset.setBigInt64(0, BigInt(at), true)
      const sent = Number(functions.sendfile(fd, file, offsetAt, BigInt(position + mb - at)))
      at = Number(offset.getBigInt64(0, true))
      if (sent > 0 || at >= position + mb) continue
      const buffer = Buffer.allocUnsafe(Math.min(some, position + mb - at))
      readSync(file, buffer, 0, buffer.length, at)
      at += buffer.length
      await new Promise<void>((resolve) => void socket.write(buffer, () => resolve()))
      if (socket.destroyed) return
    }
  }
}
