import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { PeerWatch } from '../../../../../operator/kube/api/lease/peer-watch.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

type Listening = { readonly server: Server; readonly port: number; readonly sockets: Socket[] }

async function listening(port = 0): Promise<Listening> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    server.emit('taken')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as { port: number }).port, sockets }
}

function newWatch() {
  const clock = new ManualClock()
  const { promise: dead, resolve } = Promise.withResolvers<string>()
  const told: string[] = []
  const watch = new PeerWatch({
    clock,
    onDead(identity) {
      told.push(identity)
      resolve(identity)
    },
  })
  onTestFinished(() => watch.watch(undefined))
  return { clock, watch, dead, told }
}

test('one whose connection is closed, and who then refuses, is dead', async () => {
  const { server, port, sockets } = await listening()
  const { watch, dead } = newWatch()
  watch.watch({ identity: 'a', host: '127.0.0.1', port })
  await once(server, 'taken')
  server.close()
  sockets[0]?.destroy()
  expect(await dead).toBe('a')
})

test('one who refuses from the start may not listen yet', async () => {
  const { server, port } = await listening()
  server.close()
  await once(server, 'close')
  const { clock, watch, told } = newWatch()
  watch.watch({ identity: 'a', host: '127.0.0.1', port })
  while (clock.pending === 0) await clock.turn() // it will dial again
  expect(told).toEqual([])
  const later = await listening(port)
  const taken = once(later.server, 'taken')
  await clock.advance(500)
  await taken
  expect(told).toEqual([])
})

test('one who closes a connection and takes the next is alive', async () => {
  const { server, port, sockets } = await listening()
  const { watch, told } = newWatch()
  watch.watch({ identity: 'a', host: '127.0.0.1', port })
  await once(server, 'taken')
  sockets[0]?.destroy()
  await once(server, 'taken')
  expect(told).toEqual([])
})

test('who is not watched any more is of no interest', async () => {
  const first = await listening()
  const second = await listening()
  const { watch, told } = newWatch()
  watch.watch({ identity: 'a', host: '127.0.0.1', port: first.port })
  await once(first.server, 'taken')
  watch.watch({ identity: 'b', host: '127.0.0.1', port: second.port })
  await once(second.server, 'taken')
  first.server.close()
  first.sockets[0]?.destroy()
  await once(first.server, 'close')
  expect(told).toEqual([])
})
