import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { type Clock, realClock } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import { acquireLock } from '../../../lib/kernel-lock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { openClusterPlace } from '../../../operator/embedded/cluster-place.ts'
import { startCluster as start } from '../../../operator/embedded/start-cluster.ts'
import { freePort } from '../../broker/running-broker.ts'
import { registration } from '../controller/decide/support.ts'
import { clusterResource } from './support.ts'

const stubMain = new URL('../runtime/process/stub-program.ts', import.meta.url).pathname

/** Waiting takes a twentieth of the time. */
const fastClock: Clock = {
  ...realClock,
  timer: (delayMs, callback) => realClock.timer(delayMs / 20, callback),
}

test('with deletionProtection no topic is deleted, also of those that clients made', async () => {
  const { cluster } = await startCluster({ topics: { deletionProtection: true } })
  const remove = async () => {
    const request = { topics: [], topicNames: ['orders'] }
    return (await cluster.controller.deleteTopics(request)).responses?.[0]?.errorCode
  }
  expect(await remove()).toBe(errorCodes.TOPIC_DELETION_DISABLED)
  cluster.update(clusterResource())
  expect(await remove()).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})

test('a controller stops when the disk is full, and another starts when it has room', async () => {
  const disk = { isFull: false, refused: 0 }
  const { cluster } = await startCluster({}, filesOf(disk))
  disk.isFull = true
  const { clusterId, controller } = cluster
  const registered = controller.registerBroker(registration(7, { clusterId }))
  await expect(registered).rejects.toMatchObject({ code: 'NOT_CONTROLLER' })
  await expect.poll(() => cluster.withoutController).toContain('ENOSPC')
  await expect.poll(() => disk.refused, { timeout: 5_000 }).toBeGreaterThan(3)
  disk.isFull = false
  await expect.poll(() => cluster.withoutController, { timeout: 5_000 }).toBeUndefined()
  expect(cluster.image.controller.epoch).toBe(2)
})

test('a broker whose process is killed is fenced at once: nothing is waited for', async () => {
  const long = { sessionTimeout: '5m', disconnectGrace: '1m' }
  const { cluster } = await startCluster({ controller: long })
  await expect.poll(() => cluster.brokers[0]?.state).toBe('Running')
  const { clusterId, controller } = cluster
  const { brokerEpoch = -1 } = await controller.registerBroker(registration(0, { clusterId }))
  await controller.heartbeat({
    brokerId: 0,
    brokerEpoch,
    currentMetadataOffset: Number.MAX_SAFE_INTEGER,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: [],
    metadataPosition: null,
    replicaEnds: [],
  })
  expect(cluster.image.brokers.get(0)?.fenced).toBe(false)
  process.kill(cluster.brokers[0]?.pid as number, 'SIGKILL')
  await expect.poll(() => cluster.image.brokers.get(0)?.fenced).toBe(true)
})

async function startCluster(spec: Record<string, unknown> = {}, files: Files = realFiles) {
  const data = mkdtempSync(join(tmpdir(), 'kavka-cluster-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  const directory = join(data, 'clusters', 'default', 'demo')
  const place = openClusterPlace(directory, { files: realFiles, random: realRandom, slot: 0 })
  const [controller, clientBase, internalBase, metricsBase] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  )
  const cluster = await start(clusterResource(spec), {
    place,
    ports: { controller, clientBase, internalBase, metricsBase } as Record<PortName, number>,
    listenHost: '127.0.0.1',
    advertisedHost: 'localhost',
    program: {
      nodePath: process.execPath,
      nodeArguments: [],
      environment: {},
      main: stubMain,
    },
    files,
    clock: fastClock,
    random: realRandom,
    log: silentLogger,
    lock: (path) => acquireLock(path, { waitMs: 2_000, clock: realClock, describe: 'a test' }),
    onFatal: (error) => {
      throw error
    },
    onImage: () => {},
    onChange: () => {},
    onKilled: () => {},
  })
  onTestFinished(() => cluster.stop())
  cluster.begin()
  return { cluster }
}

/** Real files, to which nothing can be written while the disk is full. */
function filesOf(disk: { readonly isFull: boolean; refused: number }): Files {
  const create: Files['create'] = (path) => {
    const file = realFiles.create(path)
    const write: typeof file.write = (parts, position) => {
      if (!disk.isFull) return file.write(parts, position)
      disk.refused++
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    }
    return new Proxy(file, {
      get: (own, name) => {
        if (name === 'write') return write
        const member: unknown = Reflect.get(own, name)
        return typeof member === 'function' ? member.bind(own) : member
      },
    })
  }
  return { ...realFiles, create, open: create }
}

type PortName = 'controller' | 'clientBase' | 'internalBase' | 'metricsBase'
