import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../../broker/metadata/image.ts'
import {
  checkLevels,
  levelAtBirth,
  metadataLevelOf,
  metadataVersion,
} from '../../../../broker/metadata/levels.ts'
import { maxMetadataVersion } from '../../../../broker/metadata/reads-up-to.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { raiseLevel } from '../../../../operator/controller/decide/raise-level.ts'
import { uuid } from '../../../broker/metadata/support.ts'

const all = { min: 7, max: maxMetadataVersion }
const operators = new Map([
  ['operator-a', all],
  ['operator-b', all],
])
const readsUpTo = maxMetadataVersion

test('once all read it, the log is written at a higher level', () => {
  const before = cluster([1, all], [2, all])
  const { records } = raiseLevel(before, { level: 25, operators, readsUpTo })
  expect(() => checkLevels(before, records)).not.toThrow()
  expect(metadataLevelOf(applyRecords(before, records))).toBe(25)
})

test('a level that is said already is not said again; one that was only understood is', () => {
  const silent = cluster([1, all])
  const { records } = raiseLevel(silent, { level: levelAtBirth, operators, readsUpTo })
  expect(records).toHaveLength(1)
  const said = applyRecords(silent, records)
  expect(raiseLevel(said, { level: levelAtBirth, operators, readsUpTo }).records).toEqual([])
})

test.each<[who: string, image: MetadataImage, level: number, message: string]>([
  ['that it is at already', cluster([1, all]), 22, 'it is at 23, and does not go down'],
  ['that takes it back', cluster([1, all]), 0, 'it is at 23, and does not go down'],
  [
    'that is not known here',
    cluster([1, { min: 7, max: 99 }]),
    maxMetadataVersion + 1,
    `this version of kavka knows only up to ${maxMetadataVersion}`,
  ],
  [
    'that a broker does not read',
    cluster([1, all], [2, { min: 7, max: 24 }]),
    25,
    'broker 2 reads 7 to 24',
  ],
  [
    'of which a broker says nothing',
    cluster([1, all], [2]),
    25,
    'broker 2 does not say what it reads',
  ],
])('a level %s is refused', (_, image, level, why) => {
  expect(() => raiseLevel(image, { level, operators, readsUpTo })).toThrow(refusal(level, why))
})

test('a broker that is fenced counts, since it comes back; one that is forgotten does not', () => {
  const old = cluster([1, all], [2, { min: 7, max: 24 }])
  const away = { brokerId: 2, brokerEpoch: 102 }
  const fenced = applyRecords(old, [
    metadataRecord('BrokerRegistrationChangeRecord', { ...away, fenced: 1 }),
  ])
  expect(() => raiseLevel(fenced, { level: 25, operators, readsUpTo })).toThrow(
    refusal(25, 'broker 2 reads 7 to 24'),
  )
  const forgotten = applyRecords(fenced, [metadataRecord('UnregisterBrokerRecord', away)])
  expect(raiseLevel(forgotten, { level: 25, operators, readsUpTo }).records).toHaveLength(1)
})

test('each operator counts, since it may have to take over', () => {
  const image = cluster([1, all])
  const older = new Map([...operators, ['operator-c', { min: 7, max: 24 }]])
  expect(() => raiseLevel(image, { level: 25, operators: older, readsUpTo })).toThrow(
    refusal(25, 'operator operator-c reads 7 to 24'),
  )
  const unheard = new Map([...operators, ['operator-c', undefined]])
  expect(() => raiseLevel(image, { level: 25, operators: unheard, readsUpTo })).toThrow(
    refusal(25, 'operator operator-c does not say what it reads'),
  )
})

/** Brokers, and which levels they say that they read. */
function cluster(
  ...brokers: [brokerId: number, range?: { min: number; max: number }][]
): MetadataImage {
  const records = brokers.map(([brokerId, range]) => {
    const features = range && [
      { name: metadataVersion, minSupportedVersion: range.min, maxSupportedVersion: range.max },
    ]
    return metadataRecord('RegisterBrokerRecord', {
      brokerId,
      brokerEpoch: 100 + brokerId,
      incarnationId: uuid(brokerId),
      endPoints: [],
      features: features ?? [],
      rack: null,
      fenced: false,
    })
  })
  return applyRecords(emptyImage, records)
}

function refusal(level: number, why: string) {
  return expect.objectContaining({
    name: 'KafkaError',
    code: 'INVALID_UPDATE_VERSION',
    message: `Invalid update version ${level} for feature metadata.version: ${why}.`,
  })
}
