import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageDigest } from '../../broker/metadata/image-digest.ts'
import { type MetadataPosition, positionOf } from '../../broker/metadata/position.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { KubernetesStore } from '../../operator/controller/store/kubernetes/kubernetes-store.ts'
import type { OpenedLog } from '../../operator/controller/store/metadata-store.ts'
import { metadataObjects } from '../../operator/in-kubernetes/metadata-objects.ts'
import type { KubeApi } from '../../operator/kube/api/kube-api.ts'
import { startWithCrds } from '../support/crds.ts'
import { type Fault, FaultProxy } from '../support/fault-proxy.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { openKubeApi } from '../support/kube-parts.ts'
import { seeded } from '../support/mutate.ts'
import { epochRecord, owner, settingRecord } from './metadata-log-parts.ts'

const noKube = whyNoKube()
const timeout = 120_000

describe.skipIf(noKube !== undefined)(noKube ?? 'on a real API server', { timeout }, () => {
  let kube: KubeApiServer
  let api: KubeApi & AsyncDisposable
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
    api = openKubeApi(kube.access)
  }, timeout)
  afterAll(async () => {
    await api?.close()
    await kube?.[Symbol.asyncDispose]()
  })

  test('over a way that loses, doubles and delays, nothing is lost, doubled or superseded', async () => {
    await using proxy = await FaultProxy.start(kube.access)
    await using bad = openKubeApi(proxy.access)
    const random = seeded(7)
    proxy.fault = ({ method }) => (method === 'GET' ? 'none' : faultBy(random(100)))
    const store = storeOn(bad, 'faulty')
    const { state } = await store.open()
    let position = await appended(store, positionOf(state), epochRecord(state))
    const tookMs: number[] = []
    for (let count = 0; count < appends; count++) {
      const beganMs = performance.now()
      position = await appended(store, position, settingRecord('orders', count, 400))
      tookMs.push(performance.now() - beganMs)
    }
    store.close()
    report('appends with faults', tookMs)

    const opened = await read('faulty')
    expect(positionOf(opened.state)).toEqual(position)
    expect(valuesOf(opened, 'orders')).toEqual(Array.from({ length: appends }, (_, at) => at))
  })

  test('a writer that stood still while another took over is superseded, and left no trace', async () => {
    await using proxy = await FaultProxy.start(kube.access)
    const program = join(import.meta.dirname, 'append-to-log.ts')
    const child = spawn(process.execPath, [program, proxy.access.url, 'shared'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      let told = 0
      while (told < 30) told = Number((await lines.next()).value)
      child.kill('SIGSTOP')

      const store = storeOn(api, 'shared')
      const taken = await takeOver(store)
      const { takenOverAt } = taken
      let { position } = taken
      for (let count = 0; count < 20; count++) {
        position = await appended(store, position, settingRecord('mine', count))
        if (count === 5) child.kill('SIGCONT')
      }
      store.close()

      let last = ''
      for await (const line of lines) {
        if (line !== 'superseded') told = Number(line)
        last = line
      }
      expect(last).toBe('superseded')
      expect(told, 'all that it was told of was there when it was followed').toBeLessThanOrEqual(
        takenOverAt,
      )
      const opened = await read('shared')
      expect(positionOf(opened.state)).toEqual(position)
      expect(valuesOf(opened, 'mine')).toEqual(Array.from({ length: 20 }, (_, at) => at))
      const behind = opened.batches.filter(({ baseOffset }) => baseOffset >= takenOverAt)
      expect(behind.flatMap(({ records }) => records).map(nameIn)).not.toContain('zombie')
    } finally {
      child.kill('SIGKILL')
      await exited
    }
  })

  test('large batches, segments and a snapshot are read as they were written', async () => {
    const store = storeOn(api, 'large')
    const { state } = await store.open()
    let position = await appended(store, positionOf(state), epochRecord(state))
    for (let count = 0; count < 40; count++) {
      const records = Array.from({ length: count % 10 === 9 ? 12 : 1 }, (_, index) =>
        settingRecord(`t${index}`, count, 20_000),
      )
      position = await appended(store, position, ...records)
    }
    const before = await read('large')
    expect(positionOf(before.state)).toEqual(position)
    const taken = await store.snapshot(position, before.state.image)
    expect(taken.type).toBe('taken')
    position = await appended(store, position, settingRecord('after', 1))
    store.close()

    const opened = await read('large')
    expect(opened.snapshot.offset).toBe(before.state.offset)
    expect(imageDigest(opened.snapshot.image)).toBe(imageDigest(before.state.image))
    expect(positionOf(opened.state)).toEqual(position)
  })

  async function read(name: string): Promise<OpenedLog> {
    const store = storeOn(api, name)
    try {
      return await store.open()
    } finally {
      store.close()
    }
  }
})

const appends = 150

/** Of a hundred requests that change something about twenty do not come through as they should. */
function faultBy(number: number): Fault {
  if (number < 4) return 'lose-answer'
  if (number < 8) return 'duplicate'
  if (number < 12) return 'reset'
  if (number < 15) return { delayMs: 50 }
  if (number < 18) return { status: 500 }
  if (number < 20) return { status: 429, retryAfterSeconds: 0 }
  return 'none'
}

function storeOn(api: KubeApi, name: string): KubernetesStore {
  return new KubernetesStore({
    objects: metadataObjects(api.log, 'default'),
    clock: realClock,
    random: realRandom,
    owner: owner(name),
    clusterId: name,
    isKnown: false,
    onUndecided: () => {},
  })
}

type Records = Parameters<KubernetesStore['append']>[1]

async function appended(
  store: KubernetesStore,
  position: MetadataPosition,
  ...records: Records
): Promise<MetadataPosition> {
  const outcome = await store.append(position, records)
  if (outcome.type === 'superseded') throw new Error('superseded by nobody')
  return outcome.position
}

/** Until no write of the former one comes in between, which was on its way when it stood still. */
async function takeOver(store: KubernetesStore) {
  for (;;) {
    const { state } = await store.open()
    const outcome = await store.append(positionOf(state), [epochRecord(state)])
    if (outcome.type === 'appended') {
      return { takenOverAt: state.offset, position: outcome.position }
    }
  }
}

function nameIn(record: Records[number]): string | undefined {
  return record.type === 'ConfigRecord' ? record.resourceName : undefined
}

/** All values that a topic's setting had, in the order in which they were appended. */
function valuesOf({ batches }: OpenedLog, topic: string): number[] {
  return batches.flatMap(({ records }) =>
    records.flatMap((record) =>
      record.type === 'ConfigRecord' && record.resourceName === topic ? [Number(record.value)] : [],
    ),
  )
}

function report(what: string, allMs: number[]): void {
  if (process.env['FIGURES'] === undefined) return
  const sorted = allMs.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]?.toFixed(1)
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`)
}
