import type { Sample } from '../../lib/metrics.ts'
import { apiOfKey } from '../protocol/apis.ts'

/** What was answered of one API. Bucket `n` counts what took up to `boundSeconds(n)`. */
type Times = { count: number; sumMs: number; readonly buckets: Float64Array }

/**
 * How long requests took, by API: a bucket for each doubling from 0.128 ms on. One answer costs a
 * subtraction, a shift and three additions, so that each is counted.
 */
export class RequestTimes {
  private readonly byKey: (Times | undefined)[] = []
  /** As they were at the last look, for `quantiles`. */
  private readonly looked = new Map<number, Float64Array>()

  answered(apiKey: number, elapsedMs: number): void {
    const times = (this.byKey[apiKey] ??= {
      count: 0,
      sumMs: 0,
      buckets: new Float64Array(buckets),
    })
    times.count += 1
    times.sumMs += elapsedMs
    times.buckets[bucketOf(elapsedMs)] = (times.buckets[bucketOf(elapsedMs)] as number) + 1
  }

  *counts(): Generator<Sample> {
    for (const { request, times } of this.all()) yield { value: times.count, labels: { request } }
  }

  /** All since the start, as a histogram of Prometheus has it. */
  *histogram(): Generator<Sample> {
    for (const { request, times } of this.all()) {
      let sum = 0
      for (let index = 0; index < buckets; index++) {
        sum += times.buckets[index] as number
        const le = index === buckets - 1 ? '+Inf' : boundSeconds(index)
        yield { suffix: '_bucket', value: sum, labels: { request, le } }
      }
      yield { suffix: '_sum', value: times.sumMs / 1_000, labels: { request } }
      yield { suffix: '_count', value: times.count, labels: { request } }
    }
  }

  /** Of what was answered since the last look, in milliseconds: the bound of the bucket it is in. */
  *quantiles(): Generator<Sample> {
    for (const { key, request, times } of this.all()) {
      const before = this.looked.get(key)
      const since = times.buckets.map((count, index) => count - (before?.[index] ?? 0))
      this.looked.set(key, times.buckets.slice())
      for (const quantile of [0.5, 0.75, 0.95, 0.99, 0.999]) {
        yield { value: quantileMs(since, quantile), labels: { request, quantile } }
      }
    }
  }

  private *all(): Generator<{ key: number; request: string; times: Times }> {
    for (const [key, times] of this.byKey.entries()) {
      if (times !== undefined) yield { key, request: apiOfKey(key)?.name ?? `api ${key}`, times }
    }
  }
}

/** The last has no bound: up to the one before it are 16.8 s. */
const buckets = 19

function boundSeconds(bucket: number): number {
  return (128 * 2 ** bucket) / 1e6
}

function bucketOf(elapsedMs: number): number {
  if (elapsedMs >= 1e6) return buckets - 1
  const micros = Math.ceil(elapsedMs * 1_000) - 1 // what took a bound exactly is in its bucket
  return Math.min(buckets - 1, 32 - Math.clz32(Math.max(0, micros) >>> 7))
}

function quantileMs(counts: Float64Array, quantile: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  let left = Math.ceil(total * quantile)
  if (left === 0) return 0
  const bucket = counts.findIndex((count) => {
    left -= count
    return left <= 0
  })
  return boundSeconds(Math.min(bucket, buckets - 2)) * 1_000
}
