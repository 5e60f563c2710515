import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Alarm } from '../../../../broker/coordinator/group/alarm.ts'
import { Group } from '../../../../broker/coordinator/group/group.ts'
import { recordOf, restore } from '../../../../broker/coordinator/group/group-record.ts'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import {
  GroupMetadataValue,
  type GroupMetadataValueInput,
} from '../../../../broker/protocol/generated/group-records.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { toBytes } from '../../../support/parts.ts'
import { Shard } from './shard.ts'

const groupId = 'g'

/** Values of records that a Kafka 4.3.1 wrote while it was asked what the stories ask, in base64. */
const written = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/kafka-4.3.1.json'), 'utf8'),
) as Record<string, string>

test.each(Object.entries(written))(
  'a record of Kafka is written again as it was: %s',
  (_, text) => {
    const value = valueOf(text)
    const alarm = new Alarm(new ManualClock(), () => {})
    const group = new Group(groupId, { alarm, sinceMs: value.currentStateTimestamp })
    restore(group, value)
    const { value: again } = recordOf(group)
    const bytes = toBytes(encode(GroupMetadataValue, 3, again as GroupMetadataValueInput))
    expect(Buffer.concat([Buffer.from([0, 3]), bytes]).toString('base64')).toBe(text)
  },
)

test('members of a Kafka go on in their generation, with the assignments that they had', async () => {
  const shard = loaded('static members')
  const { members, generation: generationId } = valueOf(written['static members'] as string)
  for (const { memberId, groupInstanceId, assignment } of members) {
    const member = { groupId, memberId, groupInstanceId, generationId }
    expect(await shard.execute((groups) => groups.heartbeat(member))).toEqual({ errorCode: 0 })
    const request = { ...member, protocolType: null, protocolName: null, assignments: [] }
    const synced = await shard.execute((groups) => groups.sync(request, { version: 4 }))
    expect(Buffer.from(synced.assignment)).toEqual(Buffer.from(assignment))
  }
})

test('a group that a Kafka left empty goes on counting its generations', async () => {
  const shard = loaded('empty')
  expect(shard.groups.stateOf(groupId)).toBe('Empty')
  const request = {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'connect',
    protocols: [{ name: 'compatible', metadata: Buffer.alloc(0) }],
    reason: null,
  }
  const client = { version: 3, clientId: 'c', clientHost: '/10.0.0.1' }
  const joined = shard.execute((groups) => groups.join(request, client))
  await shard.clock.advance(3_000)
  expect(await joined).toMatchObject({ errorCode: 0, generationId: 5, protocolType: 'connect' })
})

/** Behind the two bytes of its version. */
function valueOf(text: string): GroupMetadataValue {
  const bytes = Buffer.from(text, 'base64')
  return decode(GroupMetadataValue, bytes.readInt16BE(0), bytes.subarray(2))
}

function loaded(name: string): Shard {
  const shard = new Shard()
  const value = valueOf(written[name] as string)
  shard.log.push({ type: 'GroupMetadata', group: groupId, value })
  shard.crash()
  return shard
}
