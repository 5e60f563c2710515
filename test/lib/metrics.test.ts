import { describe, expect, test } from 'vitest'
import { watchEventLoop } from '../../lib/event-loop.ts'
import { Metrics } from '../../lib/metrics.ts'
import { serveMetrics } from '../../lib/metrics-server.ts'
import { addProcessMetrics } from '../../lib/process-metrics.ts'

test('metrics are read when somebody asks, and written as Prometheus reads them', async () => {
  const metrics = new Metrics()
  let opened = 0
  metrics.addValue('counter', { name: 'doors_total', help: 'Doors.' }, () => opened)
  metrics.add({
    name: 'rooms',
    help: 'Rooms.',
    type: 'gauge',
    collect: () => [
      { value: 2, labels: { floor: 'first' } },
      { value: 0.5, labels: { floor: 'a "b"\n\\' } },
    ],
  })
  metrics.add({
    name: 'walk_seconds',
    help: 'Walks.',
    type: 'histogram',
    collect: () => [
      { suffix: '_bucket', value: 1, labels: { le: '+Inf' } },
      { suffix: '_sum', value: 3 },
      { suffix: '_count', value: 1 },
    ],
  })
  opened = 7
  expect((await metrics.text()).trim().split('\n')).toEqual([
    '# HELP doors_total Doors.',
    '# TYPE doors_total counter',
    'doors_total 7',
    '',
    '# HELP rooms Rooms.',
    '# TYPE rooms gauge',
    'rooms{floor="first"} 2',
    'rooms{floor="a \\"b\\"\\n\\\\"} 0.5',
    '',
    '# HELP walk_seconds Walks.',
    '# TYPE walk_seconds histogram',
    'walk_seconds_bucket{le="+Inf"} 1',
    'walk_seconds_sum 3',
    'walk_seconds_count 1',
  ])
})

test('one name is given to one metric', () => {
  const metrics = new Metrics()
  metrics.addValue('gauge', { name: 'rooms', help: '' }, () => 1)
  expect(() => metrics.addValue('gauge', { name: 'rooms', help: '' }, () => 2)).toThrow('rooms')
})

test('a process tells what it takes of its machine', async () => {
  const metrics = new Metrics()
  const loop = watchEventLoop()
  addProcessMetrics(metrics, { loop, startedMs: 5_000 })
  await new Promise((resolve) => void setTimeout(resolve, 5))
  const text = await metrics.text()
  loop.stop()
  expect(text).toMatch(/^process_start_time_seconds 5$/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m)
  expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m)
  if (process.platform === 'linux') expect(text).toMatch(/^process_open_fds \d+$/m)
})

test('an event loop that was held up tells so, once', async () => {
  const loop = watchEventLoop()
  await turn()
  const endMs = performance.now() + 60
  while (performance.now() < endMs);
  await turn()
  await turn()
  const late = loop.delay().maxSeconds
  await turn()
  const after = loop.delay().maxSeconds
  loop.stop()
  expect(late).toBeGreaterThan(0.03)
  expect(after).toBeLessThan(late)
})

describe('over HTTP', () => {
  const serve = async (notReady: () => string | undefined, metrics = new Metrics()) => {
    const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, { metrics, notReady })
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method })
      return { status: response.status, text: await response.text(), headers: response.headers }
    }
    return { get, [Symbol.dispose]: () => server.close(), server }
  }

  test('a process that is not ready is alive, and says why it is not ready', async () => {
    let why: string | undefined = 'not registered'
    using served = await serve(() => why)
    expect(await served.get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' })
    expect(await served.get('/readyz')).toMatchObject({ status: 503, text: 'not registered\n' })
    why = undefined
    expect(await served.get('/readyz?verbose')).toMatchObject({ status: 200, text: 'ok\n' })
  })

  test('metrics have the content type that Prometheus wants', async () => {
    const metrics = new Metrics()
    metrics.addValue('gauge', { name: 'rooms', help: '' }, () => 1)
    using served = await serve(() => undefined, metrics)
    const { headers, text } = await served.get('/metrics')
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('rooms 1')
  })

  test('a metric that fails is an error of that request alone', async () => {
    const metrics = new Metrics()
    metrics.addValue('gauge', { name: 'rooms', help: '' }, () => {
      throw new Error('no house')
    })
    using served = await serve(() => undefined, metrics)
    expect((await served.get('/metrics')).status).toBe(500)
    expect((await served.get('/healthz')).status).toBe(200)
  })

  test('anything else is not here', async () => {
    using served = await serve(() => undefined)
    expect((await served.get('/')).status).toBe(404)
    expect((await served.get('/metrics', 'POST')).status).toBe(405)
  })

  test('a port that is taken is an error', async () => {
    using served = await serve(() => undefined)
    const { port } = served.server
    const vitals = { metrics: new Metrics(), notReady: () => undefined }
    const again = serveMetrics({ host: '127.0.0.1', port }, vitals)
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
