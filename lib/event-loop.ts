import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How late the event loop was since it was last asked, in seconds. */
export type LoopDelay = {
  readonly meanSeconds: number
  readonly p50Seconds: number
  readonly p99Seconds: number
  readonly maxSeconds: number
}

export type EventLoop = {
  /** Since the last call. */
  delay(): LoopDelay
  /** Which part of the time since the last call it was busy: 0 to 1. */
  utilization(): number
  stop(): void
}

/**
 * Watches the event loop of this process. Node 26 measures each of its turns, which costs nothing
 * while there are none; before that a timer of Node's own is used, ten times a second.
 */
export function watchEventLoop(): EventLoop {
  const options = { samplePerIteration: true, resolution: 100 }
  const histogram = monitorEventLoopDelay(options)
  histogram.enable()
  let last = performance.eventLoopUtilization()
  return {
    delay() {
      const seconds = (nanoseconds: number) => (histogram.count === 0 ? 0 : nanoseconds / 1e9)
      const delay = {
        meanSeconds: seconds(histogram.mean),
        p50Seconds: seconds(histogram.percentile(50)),
        p99Seconds: seconds(histogram.percentile(99)),
        maxSeconds: seconds(histogram.max),
      }
      histogram.reset()
      return delay
    },
    utilization() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
    stop: () => void histogram.disable(),
  }
}
