import { expect, test } from 'vitest'
import { controllerSettings } from '../../../operator/kafka-cluster/controller-settings.ts'
import { clusterResource } from '../embedded/support.ts'

test('topics that do not say have three replicas, or as many as there are brokers', () => {
  const copiesWith = (replicas: number, config = {}) => {
    const { brokerConfig } = controllerSettings(
      clusterResource({ brokers: { replicas }, config }),
      [],
    )
    return brokerConfig.get('default.replication.factor')
  }
  expect([1, 2, 3, 4, 100].map((replicas) => copiesWith(replicas))).toEqual([
    '1',
    '2',
    '3',
    '3',
    '3',
  ])
  expect(copiesWith(5, { 'default.replication.factor': '2' })).toBe('2')
})

test('a broker whose connection ended has as long to come back as the resource says', () => {
  const graceOf = (controller?: Record<string, string>) => {
    const spec = controller === undefined ? {} : { controller }
    return controllerSettings(clusterResource(spec), []).disconnectGraceMs
  }
  expect(graceOf()).toBe(150)
  expect(graceOf({ disconnectGrace: '0s' })).toBe(0)
  expect(graceOf({ disconnectGrace: '1s' })).toBe(1_000)
})
