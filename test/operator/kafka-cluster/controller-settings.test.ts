import { expect, test } from 'vitest'
import { controllerSettings } from '../../../operator/kafka-cluster/controller-settings.ts'
import { clusterResource } from '../embedded/support.ts'

test('a broker whose connection ended has as long to come back as the resource says', () => {
  const graceOf = (controller?: Record<string, string>) => {
    const spec = controller === undefined ? {} : { controller }
    return controllerSettings(clusterResource(spec), []).disconnectGraceMs
  }
  expect(graceOf()).toBe(150)
  expect(graceOf({ disconnectGrace: '0s' })).toBe(0)
  expect(graceOf({ disconnectGrace: '1s' })).toBe(1_000)
})
