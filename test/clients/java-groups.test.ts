import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { whyLater } from '../support/effort.ts'
import { RunningKavka, whyNoUp } from '../support/kavka.ts'
import { JavaMembers } from './java-members.ts'

const missing = whyNoKafka() ?? whyNoUp() ?? whyLater
const own = { timeout: 120_000, skip: missing !== undefined }

let kavka: RunningKavka
let members: JavaMembers
let client: Kafka
beforeAll(async () => {
  if (missing !== undefined) return
  const config = {
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '500', // so that who was killed is soon found to be gone
  }
  const partitions = { partitions: 4 }
  const topics = { shared: partitions, moved: partitions, busy: partitions, kept: partitions }
  kavka = await RunningKavka.start({ config, topics: { ...topics, resumed: { partitions: 1 } } })
  client = new Kafka({ brokers: [kavka.bootstrapServers], logLevel: logLevel.NOTHING })
  members = new JavaMembers(kavka.bootstrapServers)
}, 60_000)
afterAll(async () => {
  await members?.[Symbol.asyncDispose]()
  await kavka?.[Symbol.asyncDispose]()
}, 60_000)

/** What changes in the group is heard of sooner than by default. */
const soon = { 'heartbeat.interval.ms': '100' }
const cooperative = {
  ...soon,
  'partition.assignment.strategy': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
}

test(
  'a second consumer takes half of the partitions, and gives them back when it ends',
  own,
  async () => {
    members.start('first', 'shared', { 'group.id': 'shared', ...soon })
    await members.until('alone', () => members.partitionsOf('first').length === 4)
    members.start('second', 'shared', { 'group.id': 'shared', ...soon })
    await untilShared('first', 'second')
    const all = 'shared-0 shared-1 shared-2 shared-3'
    expect(members.toldOf('first')).toEqual([
      `assigned ${all}`,
      `revoked ${all}`, // by default consumers give up all before they share again
      expect.stringMatching(/^assigned shared-\d shared-\d$/),
    ])
    expect(
      [...members.partitionsOf('first'), ...members.partitionsOf('second')].toSorted(),
    ).toEqual(all.split(' '))

    await send('shared', [0, 1, 2, 3])
    const read = () => ['first', 'second'].map((member) => members.valuesOf(member).toSorted())
    await members.until('read', () => read().flat().length >= 4)
    expect(read()).toEqual([members.partitionsOf('first'), members.partitionsOf('second')])

    await members.stop('second')
    await members.until('alone again', () => members.partitionsOf('first').length === 4)
    expect(members.toldOf('first').at(-1)).toBe(`assigned ${all}`)
    // What the second one has read it has committed when it ended.
    await send('shared', [0, 1, 2, 3], 'again')
    await members.until('all read', () => {
      return members.valuesOf('first').filter((value) => value.endsWith('again')).length === 4
    })
    expect(read().flat()).toHaveLength(8)
    await members.stop('first')
  },
)

test('with the cooperative assignor only partitions that move are revoked', own, async () => {
  members.start('stays', 'moved', { 'group.id': 'moved', ...cooperative })
  await members.until('alone', () => members.partitionsOf('stays').length === 4)
  members.start('comes', 'moved', { 'group.id': 'moved', ...cooperative })
  await untilShared('stays', 'comes')
  const moved = members.partitionsOf('comes').join(' ')
  expect(members.toldOf('comes').filter((told) => told !== 'assigned')).toEqual([
    `assigned ${moved}`,
  ])
  const toStays = () => members.toldOf('stays').filter((told) => told !== 'assigned')
  expect(toStays()).toEqual(['assigned moved-0 moved-1 moved-2 moved-3', `revoked ${moved}`])

  await members.stop('comes')
  await members.until('alone again', () => members.partitionsOf('stays').length === 4)
  expect(toStays().slice(2)).toEqual([`assigned ${moved}`])
  await members.stop('stays')
})

test(
  'with the cooperative assignor members read on while a rebalance waits for somebody',
  own,
  async () => {
    members.start('reads', 'busy', { 'group.id': 'busy', ...cooperative })
    await members.until('alone', () => members.partitionsOf('reads').length === 4)
    members.start('works', 'busy', { 'group.id': 'busy', ...cooperative })
    await untilShared('reads', 'works')
    const told = [members.toldOf('reads'), members.toldOf('works')]

    await send('busy', partitionNumbers(members.partitionsOf('works')).slice(0, 1), 'busy')
    await members.until('busy', () => members.valuesOf('works').length === 1)
    const generation = members.generationOf('reads')
    members.rejoin('reads')
    await untilState('busy', 'PreparingRebalance')
    await send('busy', partitionNumbers(members.partitionsOf('reads')))
    await members.until('read on', () => members.valuesOf('reads').length === 2)
    expect(await stateOf('busy')).toBe('PreparingRebalance')

    members.goOn('works')
    await members.until('the next generation', () => {
      return ['reads', 'works'].every((member) => members.generationOf(member) > generation)
    })
    const nothing = 'assigned'
    expect([members.toldOf('reads'), members.toldOf('works')]).toEqual(
      told.map((before) => [...before, nothing]),
    )
    await Promise.all([members.stop('reads'), members.stop('works')])
  },
)

test(
  'killed consumers go on where they have committed; static ones have their partitions without a rebalance',
  own,
  async () => {
    const committing = {
      'group.id': 'resumed',
      'session.timeout.ms': '1000',
      'auto.commit.interval.ms': '200',
      'max.poll.records': '4',
      ...soon,
    }
    const asStatic = (name: string) => ({ 'group.id': 'kept', 'group.instance.id': name, ...soon })
    await send('resumed', [0, 0, 0, 0, 0, 0])
    members.start('killed', 'resumed', committing)
    for (const name of ['one', 'two']) members.start(name, 'kept', asStatic(name))
    await members.until('committed', () => {
      return members.eventsOf('killed').some(({ of }) => of[0] === 'resumed-0@6')
    })
    await untilShared('one', 'two')
    const partitions = ['one', 'two'].map((name) => members.partitionsOf(name))
    const generation = members.generationOf('one')

    // One that is closed is a member as well until its session ends.
    await members.stop('two')
    members.start('two', 'kept', asStatic('two'))
    await members.until('back', () => members.partitionsOf('two').length === 2)
    expect(members.partitionsOf('two')).toEqual(partitions[1])
    expect(members.generationOf('two')).toBe(generation)

    // It has read this, and is killed before it has committed it.
    await send('resumed', [0], 'busy')
    await members.until('busy', () => members.valuesOf('killed').length === 7)
    await members.kill()
    members = new JavaMembers(kavka.bootstrapServers)
    members.start('started-again', 'resumed', committing)
    for (const name of ['one', 'two']) members.start(name, 'kept', asStatic(name))
    await members.until('read on', () => members.valuesOf('started-again').length > 0)
    expect(members.valuesOf('started-again')).toEqual(['resumed-0 busy'])
    await members.until('all back', () => {
      return ['one', 'two'].every((name) => members.partitionsOf(name).length === 2)
    })
    expect(['one', 'two'].map((name) => members.partitionsOf(name))).toEqual(partitions)
    expect(['one', 'two'].map((name) => members.generationOf(name))).toEqual([
      generation,
      generation,
    ])
  },
)

/** Waits until both have two partitions, and nothing more changes. */
async function untilShared(...both: [string, string]): Promise<void> {
  await members.until('shared', () => {
    const generations = new Set(both.map((member) => members.generationOf(member)))
    return (
      generations.size === 1 && both.every((member) => members.partitionsOf(member).length === 2)
    )
  })
}

/** Sends a record to each of these partitions, whose value is the partition's name and a word. */
async function send(topic: string, partitions: readonly number[], word = ''): Promise<void> {
  const producer = client.producer()
  await producer.connect()
  const messages = partitions.map((partition) => {
    return { partition, value: `${topic}-${partition} ${word}`.trim() }
  })
  await producer.send({ topic, messages })
  await producer.disconnect()
}

function partitionNumbers(partitions: readonly string[]): number[] {
  return partitions.map((partition) => Number(partition.split('-').at(-1)))
}

async function stateOf(group: string): Promise<string | undefined> {
  const admin = client.admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([group])
  await admin.disconnect()
  return groups[0]?.state
}

async function untilState(group: string, wanted: string): Promise<void> {
  await expect.poll(() => stateOf(group), { timeout: 30_000, interval: 50 }).toBe(wanted)
}
