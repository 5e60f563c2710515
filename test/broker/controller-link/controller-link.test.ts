import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ControllerAddresses } from '../../../broker/controller-link/controller-addresses.ts'
import {
  ControllerLink,
  type ControllerLinkOptions,
} from '../../../broker/controller-link/controller-link.ts'
import { MetadataCopy } from '../../../broker/metadata/files/metadata-copy.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import { positionOf } from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { dialInternal } from '../../../broker/net/dial-internal.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../../lib/clock.ts'
import { createLogger } from '../../../lib/logger.ts'
import { lookupAll } from '../../../lib/lookup-all.ts'
import { realRandom } from '../../../lib/random.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { FakeController } from '../../support/fake-controller.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'
import { topicOf, uuid } from '../metadata/support.ts'
import { until } from '../net/support.ts'

type Life = {
  readonly link: ControllerLink
  readonly copy: MetadataCopy
  readonly images: MetadataImage[]
  /** Levels, messages and fields. */
  readonly lines: Record<string, unknown>[]
  readonly fatal: unknown[]
  readonly abandoned: number[]
  stop(): Promise<void>
}

/** A broker's tie to these controllers, with a copy in a folder. */
function startLink(
  controllers: { host: string; port: number }[],
  options: Partial<ControllerLinkOptions> & { folder?: string; incarnation?: number } = {},
): Life {
  const { folder = temporaryFolder(), incarnation = 50, ...others } = options
  const [images, lines, fatal, abandoned]: [MetadataImage[], Life['lines'], unknown[], number[]] = [
    [],
    [],
    [],
    [],
  ]
  const directory = join(folder, '__cluster_metadata-0')
  const copy = MetadataCopy.open({
    files: realFiles,
    clock: realClock,
    directory,
    onFull: (problem) => void fatal.push(problem),
  })
  const dialling = { clock: realClock, random: realRandom, secret, clientId: 'broker-3' }
  const link = new ControllerLink({
    controllers: new ControllerAddresses(controllers, { lookup: lookupAll, clock: realClock }),
    dial: (address) => dialInternal(address, dialling),
    registration: {
      brokerId: 3,
      clusterId,
      incarnationId: uuid(incarnation),
      rack: null,
      listeners: [{ name: 'client', host: 'localhost', port: 9092 }],
      features: [],
      directoryIds: [uuid(60)],
      heartbeatIntervalMs: 500,
      previousBrokerEpoch: -1,
      isCacheKept: true,
    },
    copy,
    failedDirectoryIds: () => [],
    logOf: () => undefined,
    clock: realClock,
    random: realRandom,
    log: createLogger({ to: { write: (line) => void lines.push(JSON.parse(line)) } }),
    onImage: (_, after) => void images.push(after),
    onFatal: (error) => void fatal.push(error),
    abandonedAfterMs: null,
    onAbandoned: () => void abandoned.push(1),
    ...others,
  })
  link.start()
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= link.stop().finally(() => copy.close())
    return stopping
  }
  onTestFinished(stop)
  return { link, copy, images, lines, fatal, abandoned, stop }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-link-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const ready = (life: Life) => until(() => life.link.notReady === undefined, 'the broker is ready')
const said = (life: Life, text: string) =>
  until(() => JSON.stringify(life.lines).includes(text), `it says ${text}`)

test('a broker registers, follows the log, and is unfenced', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  expect(controller.registrations).toHaveLength(1)
  expect(controller.registrations[0]).toMatchObject({ brokerId: 3, incarnationId: uuid(50) })
  controller.append(topicOf('orders', uuid(1)))
  await until(() => topicNamed(life.link.image, 'orders') !== undefined, 'the topic is seen')
  expect(imageDigest(life.link.image)).toBe(imageDigest(controller.state.image))
  expect(life.images.at(-1)).toBe(life.link.image)
})

test('it says twice a second that it is there, and up to where it has followed the log', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const before = controller.heartbeats.length
  const beganMs = performance.now()
  await until(() => controller.heartbeats.length >= before + 3, 'three heartbeats')
  expect(performance.now() - beganMs).toBeGreaterThan(900)
  const last = controller.heartbeats.at(-1)
  expect(last).toMatchObject({ wantFence: false, wantShutDown: false })
  expect(last?.currentMetadataOffset).toBe(controller.state.offset - 1)
  expect(last?.metadataPosition).toEqual(positionOf(controller.state))
})

test('heartbeats do not wait behind an admin request that takes long', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const held = Promise.withResolvers<never>()
  controller.scripted = { DeleteTopics: () => held.promise }
  const asked = life.link.forward('DeleteTopics', 6, { topics: [], timeoutMs: 1_000 })
  asked.catch(() => {})
  const before = controller.heartbeats.length
  await until(() => controller.heartbeats.length >= before + 3, 'heartbeats go on')
  held.reject(new Error('enough'))
})

test('what a copy says of an earlier life is not acted on before it has caught up', async () => {
  const folder = temporaryFolder()
  const log = await (async () => {
    await using controller = await FakeController.start()
    const life = startLink([controller.address], { folder })
    await ready(life)
    controller.append(topicOf('orders', uuid(1)))
    await until(() => life.images.at(-1)?.topicIds.has('orders') === true, 'the topic is seen')
    await life.stop()
    return [...controller.batches]
  })()

  const nobody = { host: '127.0.0.1', port: await freePort() }
  const life = startLink([nobody], { folder, incarnation: 51 })
  await said(life, 'refused, nobody listens there')
  expect(life.copy.state.image.topicIds.has('orders')).toBe(true)
  expect(life.images).toEqual([])
  expect(life.link.image.topicIds.has('orders')).toBe(false)
  expect(life.link.notReady).toBe('not registered with a controller')

  await using controller = await FakeController.start({ port: nobody.port, epoch: 2, log })
  await ready(life)
  expect(life.images[0]?.topicIds.has('orders')).toBe(true)
  expect(imageDigest(life.link.image)).toBe(imageDigest(controller.state.image))
})

test('a broker that runs keeps what it knows while the controller is away, and comes back', async () => {
  const first = await FakeController.start()
  const { port } = first
  const life = startLink([first.address])
  await ready(life)
  first.append(topicOf('orders', uuid(1)))
  await until(() => life.link.image.topicIds.has('orders'), 'the topic is seen')
  await first[Symbol.asyncDispose]()
  await until(() => !life.link.isConnected, 'it is alone')
  expect(life.link.notReady).toBeUndefined()
  expect(life.link.image.topicIds.has('orders')).toBe(true)
  await expect(life.link.forward('DeleteTopics', 6, { timeoutMs: 1 })).rejects.toMatchObject({
    code: 'NOT_CONTROLLER',
  })

  const log = first.batches
  await using second = await FakeController.start({ port, epoch: 2, log })
  await until(() => life.link.isConnected, 'it follows again')
  expect(second.registrations, 'it is known already').toEqual([])
  second.append(topicOf('carts', uuid(2)))
  await until(() => life.link.image.topicIds.has('carts'), 'it learns more')
})

test('a connection that breaks is dialled again at once', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const { length } = controller.heartbeats
  await until(() => controller.heartbeats.length >= length + 3, 'it was followed for a while')
  const beganMs = performance.now()
  controller.drop()
  await until(() => !life.link.isConnected, 'it noticed')
  await until(() => life.link.isConnected, 'it follows again')
  expect(performance.now() - beganMs).toBeLessThan(500)
})

test('a broker that the controller does not know any more registers again', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const { brokerEpoch } = life.link
  controller.append([metadataRecord('UnregisterBrokerRecord', { brokerId: 3, brokerEpoch })])
  await until(() => controller.registrations.length === 2, 'it registers again')
  await until(() => life.link.brokerEpoch > brokerEpoch, 'with a new epoch')
  await ready(life)
})

test('a controller whose log is another one is ignored, and it is said why', async () => {
  const folder = temporaryFolder()
  const first = await FakeController.start({ epoch: 5 })
  const life = startLink([first.address], { folder })
  await ready(life)
  const { offset } = life.copy.position
  await first[Symbol.asyncDispose]()
  await using other = await FakeController.start({ port: first.port, epoch: 3 })
  for (let i = 0; i < 9; i++) other.append([metadataRecord('NoOpRecord', {})])
  await said(life, 'they are not the same log')
  const line = life.lines.find(({ problem }) => problem === 'Diverged')
  expect(line).toMatchObject({ level: 'error', message: 'a controller is ignored' })
  expect(life.copy.position).toMatchObject({ offset, epoch: 5 })
  expect(life.link.notReady).toBeUndefined()
  expect(life.fatal).toEqual([])
})

test('a controller that gives out the number of an epoch again is ignored', async () => {
  const folder = temporaryFolder()
  const first = await FakeController.start({ epoch: 5 })
  const life = startLink([first.address], { folder })
  await ready(life)
  const { position } = life.copy
  await first[Symbol.asyncDispose]()
  await using other = await FakeController.start({ port: first.port, epoch: 5, incarnation: 6 })
  while (other.state.offset <= position.offset) other.append([metadataRecord('NoOpRecord', {})])
  await said(life, 'they are not of the same log')
  expect(life.lines.at(-1)).toMatchObject({ level: 'error', problem: 'Diverged' })
  expect(life.copy.position).toEqual(position)
  expect(other.heartbeats.at(-1)?.metadataPosition).toEqual(position)
})

test('a controller that was deposed is not followed, though no other is to be found', async () => {
  const folder = temporaryFolder()
  const active = await FakeController.start({ epoch: 2 })
  const earlier = startLink([active.address], { folder })
  await ready(earlier)
  await earlier.stop()
  await active[Symbol.asyncDispose]()
  await using deposed = await FakeController.start({ epoch: 1 })
  const nobody = { host: '127.0.0.1', port: active.port }
  const life = startLink([deposed.address, nobody], { folder, incarnation: 51 })
  await said(life, 'another one took over')
  expect(deposed.registrations).toEqual([])
})

test('records that cannot be read stop the reader, not the broker', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  controller.scripted = {
    Fetch: ({ topics }) => {
      const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 9 }
      const records = Buffer.from(controller.batches[0]?.bytes ?? [])
      records[20] = 0xff // its CRC
      const own = { ...partition, abortedTransactions: null, records }
      const responses = [{ topicId: topics[0]?.topicId ?? '', partitions: [own] }]
      return { throttleTimeMs: 0, responses, metadataPosition: positionOf(controller.state) }
    },
  }
  controller.append([metadataRecord('NoOpRecord', {})])
  await said(life, 'a controller is ignored')
  expect(life.lines.at(-1)).toMatchObject({ problem: 'Malformed' })
  expect(life.fatal).toEqual([])
})

test('who was away for too long goes on from a snapshot', async () => {
  await using controller = await FakeController.start()
  controller.append(topicOf('orders', uuid(1), 20))
  controller.startOffset = controller.state.offset
  const life = startLink([controller.address])
  await ready(life)
  expect(imageDigest(life.link.image)).toBe(imageDigest(controller.state.image))
})

test('of several controllers the one with the highest epoch is followed', async () => {
  await using deposed = await FakeController.start({ epoch: 1 })
  await using active = await FakeController.start({ epoch: 2, log: deposed.batches })
  await using standby = await FakeController.start({ epoch: 1 })
  standby.isStandby = true
  const life = startLink([standby.address, deposed.address, active.address])
  await ready(life)
  expect(active.registrations).toHaveLength(1)
  expect(deposed.registrations.concat(standby.registrations)).toEqual([])
})

test('a controller that was deposed is left, though it still answers', async () => {
  await using deposed = await FakeController.start({ epoch: 1 })
  const port = await freePort()
  const life = startLink([deposed.address, { host: '127.0.0.1', port }])
  await ready(life)
  await using active = await FakeController.start({ epoch: 2, log: deposed.batches, port })
  await until(() => active.heartbeats.length > 0, 'it follows the new one')
  await said(life, 'gave way to')
  const { length } = deposed.heartbeats
  await until(() => active.heartbeats.length >= 3, 'it stays there')
  expect(deposed.heartbeats).toHaveLength(length)
})

test('a controller that does not have the secret is not followed', async () => {
  await using impostor = await FakeController.start({ secret: Buffer.from('another') })
  const life = startLink([impostor.address])
  await said(life, 'the peer does not have the secret of this cluster')
  expect(impostor.registrations).toEqual([])
  expect(JSON.stringify(life.lines)).not.toContain(secret.toString())
})

test('a controller that refuses is asked again, and it is said once why', async () => {
  await using controller = await FakeController.start()
  let asked = 0
  controller.scripted = {
    BrokerRegistration: () => {
      asked += 1
      return { throttleTimeMs: 0, errorCode: errorCodes.DUPLICATE_BROKER_REGISTRATION }
    },
  }
  const life = startLink([controller.address])
  await until(() => asked >= 4, 'it asks again')
  const lines = life.lines.filter(({ message }) => message !== 'follows a controller')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    level: 'warn',
    reason: 'the registration of this broker was answered DUPLICATE_BROKER_REGISTRATION',
  })
  controller.scripted = {}
  await ready(life)
})

test('topics that were just made are known once the broker has caught up', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  controller.scripted = {
    CreateTopics: () => {
      controller.append(topicOf('orders', uuid(1)))
      return { throttleTimeMs: 0, topics: [] }
    },
  }
  await life.link.forward('CreateTopics', 7, { topics: [], timeoutMs: 1_000 })
  await life.link.caughtUp(5_000)
  expect(life.link.image.topicIds.has('orders')).toBe(true)
})

test('nobody waits for ever to catch up with a controller that is gone', async () => {
  const life = startLink([{ host: '127.0.0.1', port: await freePort() }])
  const beganMs = performance.now()
  await life.link.caughtUp(30_000)
  expect(performance.now() - beganMs).toBeLessThan(5_000)
})

test('a request whose answer never came may have been done', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  controller.scripted = { DeleteTopics: () => new Promise<never>(() => controller.drop()) }
  await expect(life.link.forward('DeleteTopics', 6, { timeoutMs: 1 })).rejects.toMatchObject({
    code: 'REQUEST_TIMED_OUT',
  })
})

test('producer ids come in blocks; an empty block is an error that clients try again after', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  let first = 4_000
  controller.scripted = {
    AllocateProducerIds: ({ brokerEpoch }) => {
      expect(brokerEpoch).toBe(life.link.brokerEpoch)
      const answer = { throttleTimeMs: 0, errorCode: 0, producerIdStart: first, producerIdLen: 10 }
      first += 10
      return answer
    },
  }
  for (let id = 4_000; id < 4_025; id++) expect(await life.link.producerIds.next()).toBe(id)
})

test('without a controller there are no producer ids, which clients try again after', async () => {
  const life = startLink([{ host: '127.0.0.1', port: await freePort() }])
  await expect(life.link.producerIds.next()).rejects.toMatchObject({
    code: 'COORDINATOR_LOAD_IN_PROGRESS',
  })
})

test('before it ends a broker asks to be relieved of what it leads', async () => {
  await using controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const beganMs = performance.now()
  await life.link.prepareStop(10_000)
  expect(performance.now() - beganMs).toBeLessThan(2_000)
  expect(controller.heartbeats.at(-1)?.wantShutDown).toBe(true)
  await life.stop()
  await until(() => controller.connections === 0, 'all connections are closed')
})

test('a controller that goes away is not waited for', async () => {
  const controller = await FakeController.start()
  const life = startLink([controller.address])
  await ready(life)
  const asked = Promise.withResolvers<void>()
  const beat = { throttleTimeMs: 0, errorCode: 0, isFenced: false, shouldShutDown: false }
  controller.scripted = {
    BrokerHeartbeat({ wantShutDown }) {
      if (wantShutDown) asked.resolve()
      return beat
    },
  }
  const stopping = life.link.prepareStop(60_000)
  await asked.promise
  await controller[Symbol.asyncDispose]()
  await stopping
})

test('a broker without a controller stops at once', async () => {
  const life = startLink([{ host: '127.0.0.1', port: await freePort() }])
  await said(life, 'dialling on')
  const beganMs = performance.now()
  await life.link.prepareStop(10_000)
  await life.stop()
  expect(performance.now() - beganMs).toBeLessThan(1_000)
})

test('left without any controller for as long as it may be, it says so', async () => {
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const life = startLink([nobody], { abandonedAfterMs: 300 })
  await until(() => life.abandoned.length > 0, 'it gives up')
  expect(life.abandoned).toHaveLength(1)
})

test('a broker that finds its controller again is not abandoned', async () => {
  const port = await freePort()
  const life = startLink([{ host: '127.0.0.1', port }], { abandonedAfterMs: 3_000 })
  await said(life, 'dialling on')
  await using controller = await FakeController.start({ port })
  await ready(life)
  await until(() => controller.heartbeats.length > 7, 'three seconds go by')
  expect(life.abandoned).toEqual([])
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
