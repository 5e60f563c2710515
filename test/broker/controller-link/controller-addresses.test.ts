import { expect, test } from 'vitest'
import { ControllerAddresses } from '../../../broker/controller-link/controller-addresses.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const operator = { host: 'kavka-operator.kavka.svc', port: 9_191 }

/** A name service that the test answers for. */
function namesOf(given: { host: string; port: number }[]) {
  const clock = new ManualClock()
  const names = { hosts: ['10.0.0.1'] as string[] | Error, asked: 0 }
  const lookup = async () => {
    names.asked += 1
    if (names.hosts instanceof Error) throw names.hosts
    return names.hosts
  }
  return { addresses: new ControllerAddresses(given, { lookup, clock }), clock, names }
}

const away = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })

test('a name stands for all of its addresses, and is asked for again once they are old', async () => {
  const { addresses, clock, names } = namesOf([operator])
  names.hosts = ['10.0.0.1', '10.0.0.2']
  expect(await addresses.now(5_000)).toEqual([
    { host: '10.0.0.1', port: 9_191 },
    { host: '10.0.0.2', port: 9_191 },
  ])
  names.hosts = ['10.0.0.3']
  await clock.advance(5_000)
  expect(await addresses.now(5_000)).toHaveLength(2)
  expect(await addresses.now(250)).toEqual([{ host: '10.0.0.3', port: 9_191 }])
  expect(names.asked).toBe(2)
})

test('while the name service is away what it said last holds', async () => {
  const { addresses, clock, names } = namesOf([operator])
  names.hosts = away
  await expect(addresses.now(0)).rejects.toMatchObject({
    code: 'ENOTFOUND',
    message: 'cannot find kavka-operator.kavka.svc:9191: no such host',
  })
  names.hosts = ['10.0.0.1']
  await addresses.now(0)
  names.hosts = away
  await clock.advance(60_000)
  expect(await addresses.now(0)).toEqual([{ host: '10.0.0.1', port: 9_191 }])
})

test('an address is itself, and if it is alone there will be no other', async () => {
  const one = { host: '::1', port: 9_191 }
  const { addresses, names } = namesOf([one])
  expect(await addresses.now(0)).toEqual([one])
  expect(names.asked).toBe(0)
  expect([addresses.isOne, namesOf([one, one]).addresses.isOne]).toEqual([true, false])
  expect(namesOf([operator]).addresses.isOne).toBe(false)
})
