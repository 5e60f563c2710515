import { expect, test } from 'vitest'
import type { Client, GroupMembership } from '../../../broker/coordinator/membership.ts'
import { connect } from '../../../broker/net/connect.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../../lib/clock.ts'
import { startBroker } from '../handlers/support.ts'
import { noMembership } from './no-membership.ts'
import { offsetsTopicOn } from './support.ts'

const request = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [],
}

async function startWith(own: Partial<GroupMembership>) {
  const makeMembership = () => ({ ...noMembership(), ...own })
  const broker = await startBroker(new Map(), { makeMembership })
  broker.tell(...offsetsTopicOn())
  return broker
}

test('who joins is answered when its group is complete, and is known as it connected', async () => {
  const joined: Client[] = []
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const answer = {
    throttleTimeMs: 0,
    errorCode: 0,
    protocolName: 'range',
    leader: 'm',
    memberId: 'm',
  }
  const { port } = await startWith({
    join(_, client) {
      joined.push(client)
      return { records: [], response: promise.then(() => ({ ...answer, members: [] })) }
    },
  })
  const client = await connect({ host: '127.0.0.1', port, clock: realClock, clientId: 'reader' })
  const joining = client.request('JoinGroup', 9, request)
  await expect
    .poll(() => joined)
    .toEqual([{ clientId: 'reader', clientHost: '/127.0.0.1', version: 9 }])
  resolve(undefined)
  expect(await joining).toMatchObject(answer)
  client.close()
})

test('a group that is gone tells who waits for it', async () => {
  const joined = Promise.withResolvers<undefined>()
  const { promise, resolve } = Promise.withResolvers<never>()
  const broker = await startWith({
    join() {
      joined.resolve(undefined)
      return { records: [], response: promise }
    },
    // As whoever leads it does for those that wait.
    unload: ({ code }) => {
      const refused = { throttleTimeMs: 0, protocolName: '', leader: '', memberId: '', members: [] }
      resolve({ ...refused, errorCode: errorCodes[code] } as never)
    },
  })
  const joining = (await broker.client()).request('JoinGroup', 5, request)
  await joined.promise
  broker.groups.stop()
  expect(await joining).toMatchObject({ errorCode: errorCodes.NOT_COORDINATOR })
  expect(broker.fatal).toEqual([])
})

test('a heartbeat while groups are loaded is taken as one', async () => {
  const broker = await startWith({
    heartbeat() {
      throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'not yet')
    },
    sync() {
      throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'not yet')
    },
  })
  const client = await broker.client()
  const member = { groupId: 'g', generationId: 1, memberId: 'm' }
  expect(await client.request('Heartbeat', 4, member)).toMatchObject({ errorCode: 0 })
  const synced = await client.request('SyncGroup', 5, { ...member, assignments: [] })
  expect(synced).toMatchObject({ errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS })
})
