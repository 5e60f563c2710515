import { readdirSync, readFileSync } from 'node:fs'
import type { EventLoop } from './event-loop.ts'
import type { Metrics } from './metrics.ts'

/**
 * What a process takes of its machine, by the names that dashboards of Node processes read. Open
 * files and disk bytes are only there on Linux.
 *
 * @param startedMs When the process started, since 1970.
 */
export function addProcessMetrics(
  metrics: Metrics,
  { loop, startedMs }: { loop: EventLoop; startedMs: number },
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.addValue('gauge', { name, help }, read)
  const counter = (name: string, help: string, read: () => number) =>
    metrics.addValue('counter', { name, help }, read)

  counter('process_cpu_seconds_total', 'CPU time of this process.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_start_time_seconds', 'When this process started, since 1970.', () => {
    return startedMs / 1_000
  })
  gauge('process_resident_memory_bytes', 'Memory of this process.', () => process.memoryUsage.rss())
  gauge('nodejs_heap_size_total_bytes', "Size of V8's heap.", () => process.memoryUsage().heapTotal)
  gauge('nodejs_heap_size_used_bytes', "What is used of V8's heap.", () => {
    return process.memoryUsage().heapUsed
  })
  gauge('nodejs_external_memory_bytes', "Memory outside of V8's heap that it keeps alive.", () => {
    return process.memoryUsage().external
  })
  metrics.add({
    name: 'nodejs_version_info',
    help: 'The version of Node.',
    type: 'gauge',
    collect: () => [{ value: 1, labels: { version: process.version } }],
  })
  metrics.add({
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    type: 'gauge',
    collect: () => openFiles().map((value) => ({ value })),
  })
  for (const [name, field] of [
    ['kafka_server_kafkaserver_linux_disk_read_bytes', 'read_bytes'],
    ['kafka_server_kafkaserver_linux_disk_write_bytes', 'write_bytes'],
  ] as const) {
    const help = `What Linux counts as ${field} of this process.`
    metrics.add({ name, help, type: 'gauge', collect: () => diskBytes(field) })
  }
  addLoopMetrics(metrics, loop)
}

function addLoopMetrics(metrics: Metrics, loop: EventLoop): void {
  // One look for all of them: it begins anew with each.
  let delay = loop.delay()
  const first = { name: 'nodejs_eventloop_lag_mean_seconds', help: 'How late it was, mean.' }
  metrics.addValue('gauge', first, () => {
    delay = loop.delay()
    return delay.meanSeconds
  })
  const others = [
    ['p50', 'p50Seconds'],
    ['p99', 'p99Seconds'],
    ['max', 'maxSeconds'],
  ] as const
  for (const [of, field] of others) {
    const definition = {
      name: `nodejs_eventloop_lag_${of}_seconds`,
      help: `How late it was, ${of}.`,
    }
    metrics.addValue('gauge', definition, () => delay[field])
  }
}

function openFiles(): number[] {
  return onLinux(() => [readdirSync('/proc/self/fd').length])
}

function diskBytes(field: string): { value: number }[] {
  return onLinux(() => {
    const [, text] = new RegExp(`^${field}: (\\d+)$`, 'm').exec(readIo()) ?? []
    return text === undefined ? [] : [{ value: Number(text) }]
  })
}

function readIo(): string {
  return readFileSync('/proc/self/io', 'utf8')
}

/** Nothing where there is no /proc, or a container hides it. */
function onLinux<T>(read: () => T[]): T[] {
  try {
    return read()
  } catch {
    return []
  }
}
