import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClientConnection } from '../../../../broker/net/client-connection.ts'
import type { RequestInputOf, ResponseOf } from '../../../../broker/protocol/apis.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { nextOffsetOf } from '../../../../broker/protocol/records/header.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import { uuid } from '../../metadata/support.ts'
import { newLeader, newTopic, nodeId, produced } from '../../partition/support.ts'
import { fetchOf, TestBroker } from '../support.ts'

/** What a client does, and what happens to its partitions meanwhile. */
type Step =
  | { type: 'want' | 'forget' | 'append' | 'move' | 'trim'; partition: number }
  | { type: 'fetch'; maxBytes: number }
  | { type: 'restart' }

const partitionCount = 4
const partition = fc.nat({ max: partitionCount - 1 })
/** Often so little that only the first partition that has any gives a batch. */
const fetchStep = fc.record({
  type: fc.constant('fetch' as const),
  maxBytes: fc.constantFrom(1, 100, 1_000_000),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('want' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget' as const), partition }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('append' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('move' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('trim' as const), partition }) },
  { weight: 6, arbitrary: fetchStep },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
)

type Known = { errorCode: number; highWatermark: number; logStartOffset: number; records: string }

/**
 * A client with a session, beside one that asks for everything each time. What it knows after each of
 * its answers has to be what the other is told, though it is told only what is new.
 */
class SessionClient {
  /** Partitions that it wants, with where it has read to. */
  readonly wants = new Map<number, number>()
  /** What it was told last of each. */
  readonly known = new Map<number, Known>()
  private changed = new Set<number>()
  private forgotten = new Set<number>()
  private sessionId = 0
  private epoch = 0
  private readonly connection: ClientConnection
  private readonly version: number

  constructor(connection: ClientConnection, version: number) {
    this.connection = connection
    this.version = version
  }

  want(index: number): void {
    if (this.wants.has(index)) return
    this.wants.set(index, 0)
    this.changed.add(index)
    this.forgotten.delete(index)
  }

  forget(index: number): void {
    // What it knows goes with the request that says so: who wants it again before is told nothing new.
    if (!this.wants.delete(index)) return
    this.changed.delete(index)
    this.forgotten.add(index)
  }

  restart(): void {
    this.epoch = 0
    this.sessionId = 0
    this.known.clear()
  }

  /** One request, checked against what one is told who asks for each partition by itself. */
  async fetch(maxBytes: number): Promise<void> {
    const isFull = this.epoch === 0
    const indexes = isFull ? [...this.wants.keys()] : [...this.changed]
    const session = { sessionId: this.sessionId, sessionEpoch: this.epoch }
    const forgottenTopicsData =
      isFull || this.forgotten.size === 0 ? [] : [{ ...this.key, partitions: [...this.forgotten] }]
    const answer = await this.ask(indexes, { ...session, forgottenTopicsData, maxBytes })
    expect(answer.errorCode).toBe(0)
    for (const index of this.forgotten) this.known.delete(index)
    this.changed.clear()
    this.forgotten.clear()
    const news = told(answer)
    for (const [index, own] of news) {
      expect(this.wants.has(index)).toBe(true)
      this.known.set(index, own)
    }
    let hasRecords = false
    for (const index of this.wants.keys()) {
      const full = told(await this.ask([index], { sessionEpoch: -1 })).get(index) as Known
      const { records: read = '' } = news.get(index) ?? {}
      hasRecords ||= full.records !== ''
      expect(full.records.startsWith(read)).toBe(true)
      // Whether it was told now or before: there is nothing else to know.
      expect({ ...this.known.get(index), records: '' }).toEqual({ ...full, records: '' })
    }
    const wasTold = [...news.values()].some(({ records }) => records !== '')
    expect(wasTold).toBe(hasRecords)
    for (const [index, own] of news) this.readTo(index, own)
    this.sessionId = answer.sessionId
    this.epoch = answer.sessionId === 0 ? 0 : this.epoch + 1
    if (this.wants.size === 0) expect(answer.sessionId).toBe(0)
  }

  private get key() {
    return this.version >= 13 ? { topicId: uuid(1) } : { topic: 'orders' }
  }

  /** It goes on behind what it read, or begins anew at the start of the log. */
  private readTo(index: number, { records, errorCode, logStartOffset }: Known): void {
    const bytes = Buffer.from(records, 'hex')
    const last = [...batchStarts(bytes)].at(-1)
    const before = this.wants.get(index) as number
    const lost = errorCode === errorCodes.OFFSET_OUT_OF_RANGE ? before + 1 : before
    const next = last === undefined ? Math.max(lost, logStartOffset) : nextOffsetOf(bytes, last)
    if (next === before) return
    this.wants.set(index, next)
    this.changed.add(index)
  }

  private ask(
    indexes: readonly number[],
    more: Partial<RequestInputOf<'Fetch'>>,
  ): Promise<ResponseOf<'Fetch'>> {
    const name = this.version >= 13 ? { topicId: uuid(1) } : { name: 'orders' }
    const wishes = indexes.map((index) => {
      return { ...name, partition: index, offset: this.wants.get(index) as number }
    })
    return this.connection.request('Fetch', this.version, fetchOf(wishes, more))
  }
}

function told({ responses }: ResponseOf<'Fetch'>): Map<number, Known> {
  const all = responses.flatMap(({ partitions }) => partitions)
  return new Map(
    all.map(({ partitionIndex, errorCode, highWatermark, logStartOffset, records }) => {
      const hex = Buffer.from(records ?? []).toString('hex')
      return [partitionIndex, { errorCode, highWatermark, logStartOffset, records: hex }]
    }),
  )
}

test.each([7, 12, 13, 17])(
  'whoever is told only what is new knows what one is told who asks for all (Fetch %i)',
  { timeout: 120_000 },
  async (version) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        await using broker = await TestBroker.start()
        broker.parts.apply(...newTopic('orders', uuid(1), { count: partitionCount }))
        const client = new SessionClient(await broker.connect(), version)
        let isLed = Array.from({ length: partitionCount }, () => true)
        for (const one of steps) {
          if (one.type === 'want') client.want(one.partition)
          else if (one.type === 'forget') client.forget(one.partition)
          else if (one.type === 'restart') client.restart()
          else if (one.type === 'move') {
            const leads = isLed[one.partition] !== true
            broker.parts.apply(newLeader(uuid(1), one.partition, leads ? nodeId : -1))
            isLed = isLed.with(one.partition, leads)
          } else if (one.type === 'fetch') await client.fetch(one.maxBytes)
          else if (isLed[one.partition] === true) {
            const own = broker.parts.partitions.leaderOf({ name: 'orders' }, one.partition)
            if (one.type === 'append') {
              await own.append(produced(['x']), { acks: 1, timeoutMs: 1_000 })
            } else await own.log.moveStartTo(own.highWatermark())
          }
        }
        await client.fetch(1_000_000)
      }),
      { numRuns: 25 },
    )
  },
)

test('a session is refused that is not there, or is not at that epoch, or is by names', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  const ask = (version: number, sessionId: number, sessionEpoch: number, wishes = [wish]) =>
    broker.ask('Fetch', version, fetchOf(wishes, { sessionId, sessionEpoch }))
  const wish = { name: 'orders' }
  const { sessionId } = await ask(12, 0, 0)
  expect(sessionId).toBeGreaterThan(0)
  expect((await ask(12, sessionId + 1, 1, [])).errorCode).toBe(
    errorCodes.FETCH_SESSION_ID_NOT_FOUND,
  )
  expect((await ask(12, sessionId, 2, [])).errorCode).toBe(errorCodes.INVALID_FETCH_SESSION_EPOCH)
  expect((await ask(13, sessionId, 1, [])).errorCode).toBe(errorCodes.FETCH_SESSION_TOPIC_ID_ERROR)
  const answer = await ask(12, sessionId, 1, [])
  expect(answer).toMatchObject({ errorCode: 0, sessionId, responses: [] })
  // A client that begins anew, or ends it, takes it away.
  expect((await ask(12, sessionId, -1)).sessionId).toBe(0)
  expect((await ask(12, sessionId, 2, [])).errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND)
})

test('of a session whoever had something to read comes last the next time', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1), { count: 3 }))
  for (const index of [0, 1, 2]) {
    const own = broker.parts.partitions.leaderOf({ name: 'orders' }, index)
    await own.append(produced(['x'.repeat(1_000)]), { acks: 1, timeoutMs: 1_000 })
  }
  const connection = await broker.connect()
  const wishes = [0, 1, 2].map((partition) => ({ name: 'orders', partition }))
  const first = await connection.request(
    'Fetch',
    11,
    fetchOf(wishes, { maxBytes: 100, sessionEpoch: 0 }),
  )
  const withRecords = (answer: ResponseOf<'Fetch'>) =>
    [...told(answer)].flatMap(([index, { records }]) => (records === '' ? [] : [index]))
  const seen = [withRecords(first)]
  for (const sessionEpoch of [1, 2, 3]) {
    const session = { sessionId: first.sessionId, sessionEpoch, maxBytes: 100 }
    seen.push(withRecords(await connection.request('Fetch', 11, fetchOf([], session))))
  }
  expect(seen).toEqual([[0], [1], [2], [0]])
})
