import { expect, onTestFinished, test } from 'vitest'
import { metadataRecord } from '../../broker/metadata/records.ts'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import { realClock } from '../../lib/clock.ts'
import { start } from './broker-in-process.ts'

test('how many connections a broker takes is changed while it runs, and nobody has to go', async () => {
  const { controller, port } = await start({ topics: 0 })
  const limitTo = (value: string | null) => {
    const resource = { resourceType: 4, resourceName: '', name: 'max.connections' }
    controller.append([metadataRecord('ConfigRecord', { ...resource, value })])
  }
  const open = async () => {
    const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
    onTestFinished(() => connection.close())
    return connection
  }
  const first = await open()
  expect(await isServed(first)).toBe(true)
  limitTo('1')
  await expect.poll(async () => isServed(await open())).toBe(false)
  expect(await isServed(first)).toBe(true)
  limitTo(null)
  await expect.poll(async () => isServed(await open())).toBe(true)
})

async function isServed(connection: ClientConnection): Promise<boolean> {
  try {
    await connection.request('Metadata', 8, { topics: [] })
    return true
  } catch (error) {
    if (error instanceof NetworkError) return false
    throw error
  }
}
