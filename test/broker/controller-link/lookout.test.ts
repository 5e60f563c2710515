import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lookout } from '../../../broker/controller-link/lookout.ts'
import { MetadataCopy } from '../../../broker/metadata/files/metadata-copy.ts'
import { dialInternal } from '../../../broker/net/dial-internal.ts'
import { realClock } from '../../../lib/clock.ts'
import { realRandom } from '../../../lib/random.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { FakeController } from '../../support/fake-controller.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { secret } from '../../support/test-cluster.ts'
import { until } from '../net/support.ts'

/** A look at these, for which no time passes unless the test says so. */
function lookAt(...controllers: FakeController[]) {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-lookout-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const directory = join(folder, '__cluster_metadata-0')
  const onFull = () => {}
  const copy = MetadataCopy.open({ files: realFiles, clock: realClock, directory, onFull })
  const dialling = { clock: realClock, random: realRandom, secret, clientId: 'broker-3' }
  const clock = new ManualClock()
  const lookout = new Lookout({
    dial: (address) => dialInternal(address, dialling),
    copy,
    clock,
    fetcher: () => ({ brokerId: 3, brokerEpoch: -1 }),
  })
  onTestFinished(() => {
    lookout.close()
    copy.close()
  })
  const addresses = controllers.map(({ address }) => address)
  const survey = (enoughEpoch: number) => lookout.survey(addresses, { waitMs: 500, enoughEpoch })
  return { survey, clock }
}

test('a controller that hangs is not waited for where a later one answers', async () => {
  await using hung = await FakeController.start({ epoch: 1 })
  hung.scripted = { Fetch: () => new Promise<never>(() => {}) }
  await using active = await FakeController.start({ epoch: 2 })
  const { survey } = lookAt(hung, active)
  expect(await survey(1)).toMatchObject([{ address: active.address, epoch: 2 }])
})

test('what says that it is not active is dialled anew: it may be left over from one that ended', async () => {
  await using standby = await FakeController.start()
  standby.isStandby = true
  const { survey } = lookAt(standby)
  expect(await survey(0)).toEqual([])
  await until(() => standby.connections === 0, 'it hangs up')
  standby.isStandby = false
  expect(await survey(0)).toMatchObject([{ address: standby.address }])
})

test('one that is no later is not enough: others have half a second', async () => {
  await using hung = await FakeController.start({ epoch: 2 })
  hung.scripted = { Fetch: () => new Promise<never>(() => {}) }
  await using deposed = await FakeController.start({ epoch: 1 })
  const { survey, clock } = lookAt(hung, deposed)
  let isOver = false
  const looked = survey(1).finally(() => {
    isOver = true
  })
  expect(await survey(0)).toMatchObject([{ address: deposed.address, epoch: 1 }]) // by the same answer
  await clock.turn()
  expect(isOver).toBe(false)
  await clock.advance(500)
  expect(await looked).toMatchObject([{ address: deposed.address, epoch: 1 }])
})
