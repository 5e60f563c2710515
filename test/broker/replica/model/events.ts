import fc from 'fast-check'
import type { Event } from './cluster.ts'
import { brokerIds } from './controller.ts'

const weights: Record<Event['do'], number> = {
  deliver: 30,
  fetch: 20,
  replicate: 20,
  append: 20,
  see: 20,
  giveUp: 6,
  flush: 6,
  tick: 6,
  drop: 2,
  repeat: 2,
  elect: 1,
  fence: 1,
  unfence: 2,
  crash: 1,
  loseCache: 1,
  fetchAndLoseCache: 1,
}

const types = Object.entries(weights) as [Event['do'], number][]
const event = fc.record<Event>({
  do: fc.oneof(...types.map(([type, weight]) => ({ weight, arbitrary: fc.constant(type) }))),
  id: fc.constantFrom(...brokerIds),
  n: fc.nat(1_000),
})

/** What may happen to a cluster, one thing after the other. */
export const histories = fc.array(event, { maxLength: 400, size: 'max' })
