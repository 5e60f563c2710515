import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { realClock } from '../../../../lib/clock.ts'
import {
  type DesiredBroker,
  ProcessRuntime,
  type RunningBroker,
} from '../../../../operator/runtime/process/process-runtime.ts'

/** A runtime of stubs in a folder of its own, and all of them gone at the end. */
class Runtimes {
  readonly directory = mkdtempSync(join(tmpdir(), 'kavka-runtime-'))
  readonly #pids = new Set<number>()
  #wake: (() => void) | undefined

  constructor() {
    onTestFinished(() => {
      for (const pid of this.#pids) kill(pid)
      rmSync(this.directory, { recursive: true, force: true })
    })
  }

  open(): Promise<ProcessRuntime> {
    return ProcessRuntime.open({
      directory: this.directory,
      clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      secretFile: join(this.directory, 'secret'),
      host: '127.0.0.1',
      advertisedHost: 'localhost',
      clientBasePort: 9_092,
      internalBasePort: 9_192,
      metricsBasePort: 21_405,
      controllers: [{ host: '127.0.0.1', port: 9_191 }],
      stopWithoutControllerMs: 60_000,
      nodePath: process.execPath,
      brokerMain: join(import.meta.dirname, 'stub-main.ts'),
      clock: realClock,
      onChange: () => this.#wake?.(),
    })
  }

  /** Waits until the brokers are as wanted. */
  async until(
    runtime: ProcessRuntime,
    holds: (brokers: readonly RunningBroker[]) => boolean,
  ): Promise<readonly RunningBroker[]> {
    const endMs = performance.now() + 10_000
    for (;;) {
      const brokers = runtime.brokers()
      for (const { pid } of brokers) if (pid !== null) this.#pids.add(pid)
      if (holds(brokers)) return brokers
      if (performance.now() > endMs) throw new Error(`not so: ${JSON.stringify(brokers)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, 100) // what no event tells: a lock that is taken
      })
    }
  }

  /** A process that was just started has not come to take its lock. */
  locked(runtime: ProcessRuntime): Promise<readonly RunningBroker[]> {
    return this.until(runtime, (brokers) => {
      return brokers.every(({ nodeId, pid }) => {
        return pid === null || this.#holder(nodeId).startsWith(`pid ${pid}:`)
      })
    })
  }

  #holder(nodeId: number): string {
    try {
      return readFileSync(join(this.directory, `brokers/${nodeId}/data/.lock`), 'utf8')
    } catch {
      return ''
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const broker = (nodeId: number, config: Record<string, string> = {}): DesiredBroker => {
  return { nodeId, rack: null, config, autoCreateTopics: true }
}
const allServe = () => true
const running = (brokers: readonly RunningBroker[]) => {
  return brokers.flatMap(({ nodeId, state }) => (state === 'Running' ? [nodeId] : []))
}

test('brokers that are wanted are started, others stopped, and what stays is left alone', async () => {
  const runtimes = new Runtimes()
  const runtime = await runtimes.open()
  await runtime.apply([broker(0), broker(1)], allServe)
  const [zero, one] = await runtimes.locked(runtime)
  expect(zero).toMatchObject({ state: 'Running', clientPort: 9_092, metricsPort: 21_405 })
  expect(one).toMatchObject({ state: 'Running', clientPort: 9_093, metricsPort: 21_406 })
  await runtime.apply([broker(0), broker(2)], allServe)
  const brokers = await runtimes.until(runtime, (all) => all[1]?.state === 'Stopped')
  expect(running(brokers)).toEqual([0, 2])
  expect(brokers[0]?.pid).toBe(zero?.pid)
  await runtimes.locked(runtime)
  await runtime.stop()
  expect(running(runtime.brokers())).toEqual([])
})

test('a broker that is killed is there again', async () => {
  const runtimes = new Runtimes()
  const runtime = await runtimes.open()
  await runtime.apply([broker(0)], allServe)
  const [before] = await runtimes.locked(runtime)
  process.kill(before?.pid as number, 'SIGKILL')
  const [after] = await runtimes.until(runtime, ([one]) => {
    return one?.state === 'Running' && one.pid !== before?.pid
  })
  expect(after?.problem).toBe('its process ended')
  await runtime.stop()
})

test('a broker that cannot run says why, in its own words, and is tried again later', async () => {
  const runtimes = new Runtimes()
  const runtime = await runtimes.open()
  await runtime.apply([broker(0, { exit: '64' })], allServe)
  const [waiting] = await runtimes.until(runtime, ([one]) => one?.state === 'Waiting')
  expect(waiting).toMatchObject({ pid: null, problem: 'ends for 0' })
  await runtime.apply([broker(0)], allServe) // mended: not waited for
  await runtimes.until(runtime, ([one]) => one?.state === 'Running')
  await runtimes.locked(runtime)
  await runtime.stop()
})

test('brokers outlive who started them, and are taken over by the next', async () => {
  const runtimes = new Runtimes()
  const first = await runtimes.open()
  await first.apply([broker(0), broker(1)], allServe)
  const before = await runtimes.locked(first)
  first.detach()

  const second = await runtimes.open()
  await second.apply([broker(0), broker(1)], allServe)
  expect(second.brokers().map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
  process.kill(before[0]?.pid as number, 'SIGKILL')
  second.check(0)
  const after = await runtimes.until(second, (all) => {
    return all[0]?.state === 'Running' && all[0].pid !== before[0]?.pid
  })
  expect(after[1]?.pid).toBe(before[1]?.pid)
  await runtimes.locked(second)
  await second.stop()
})

test('brokers whose options changed are started anew, one after another', async () => {
  const runtimes = new Runtimes()
  const runtime = await runtimes.open()
  const old = [broker(0), broker(1)]
  await runtime.apply(old, allServe)
  const before = await runtimes.locked(runtime)
  const changed = [broker(0, { a: '1' }), broker(1, { a: '1' })]
  await runtime.apply(changed, allServe)
  const isNew = (all: readonly RunningBroker[], at: number) => {
    return all[at]?.state === 'Running' && all[at].pid !== before[at]?.pid
  }
  const half = await runtimes.until(runtime, (all) => isNew(all, 0))
  expect(half[1]?.pid).toBe(before[1]?.pid)
  await runtimes.locked(runtime)
  await runtime.apply(changed, (nodeId) => nodeId !== 0) // it does not serve yet
  expect(runtime.brokers()[1]?.pid).toBe(before[1]?.pid)
  await runtime.apply(changed, allServe)
  await runtimes.until(runtime, (all) => isNew(all, 1))
  await runtimes.locked(runtime)
  await runtime.stop()
})
