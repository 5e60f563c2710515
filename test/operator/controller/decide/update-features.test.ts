import { expect, test } from 'vitest'
import { emptyImage } from '../../../../broker/metadata/image.ts'
import { levelAtBirth, metadataVersion } from '../../../../broker/metadata/levels.ts'
import { maxMetadataVersion, readRange } from '../../../../broker/metadata/reads-up-to.ts'
import { updateFeatures } from '../../../../operator/controller/decide/update-features.ts'

const readsUpTo = maxMetadataVersion
const readers = { operators: new Map([['here', readRange(readsUpTo)]]), readsUpTo }

type Asked = { feature?: string; to: number; upgradeType?: number; allowDowngrade?: boolean }

function update(validateOnly: boolean, ...asked: readonly Asked[]) {
  const featureUpdates = asked.map(({ to, ...more }) => {
    const usual = { feature: metadataVersion, upgradeType: 1, allowDowngrade: false }
    return { ...usual, ...more, maxVersionLevel: to }
  })
  return updateFeatures(emptyImage, { featureUpdates, timeoutMs: 0, validateOnly }, readers)
}

test('a feature that is raised is in the log, and its own result says so', () => {
  const { records, response } = update(false, { to: 25 })
  expect(records).toMatchObject([{ name: metadataVersion, featureLevel: 25 }])
  const fine = { errorCode: 0, errorMessage: null }
  expect(response).toMatchObject({ ...fine, results: [{ feature: metadataVersion, ...fine }] })
})

test('what is only to be validated is answered in the same way, and nothing is appended', () => {
  const { records, response } = update(true, { to: 25 })
  expect(records).toEqual([])
  expect(response).toEqual(update(false, { to: 25 }).response)
})

test.each<[what: string, asked: Asked, message: RegExp]>([
  ['a downgrade', { to: 22 }, /It is at 23 and does not go down/],
  ['a safe downgrade', { to: 22, upgradeType: 2 }, /does not go down, safely or not/],
  ['an unsafe downgrade', { to: 22, upgradeType: 3 }, /does not go down, safely or not/],
  ['one of version 0', { to: 22, upgradeType: 0, allowDowngrade: true }, /upgrade type/],
  ['a downgrade to more', { to: 25, upgradeType: 2 }, /Can't downgrade to a newer version/],
  ['another type', { to: 25, upgradeType: 4 }, /does not support the given upgrade type/],
  ['another feature', { feature: 'kraft.version', to: 1 }, /does not support the given feature/],
  ['what is not known here', { to: maxMetadataVersion + 1 }, /knows only up to 29/],
])('%s is refused', (_, asked, message) => {
  const refusal = { code: 'INVALID_UPDATE_VERSION', message: expect.stringMatching(message) }
  expect(() => update(false, asked)).toThrow(expect.objectContaining(refusal))
  expect(() => update(true, asked)).toThrow(expect.objectContaining(refusal))
})

test('of several features all are raised or none', () => {
  const both = [{ to: 25 }, { feature: 'group.version', to: 1 }]
  expect(() => update(false, ...both)).toThrow('for feature group.version')
  expect(() => update(false, { to: 25 }, { to: levelAtBirth })).toThrow('twice')
})
