import { describe, expect, test } from 'vitest'
import { clusterIdOf } from '../../../operator/in-kubernetes/cluster-id.ts'
import { addressOf, identityOf } from '../../../operator/in-kubernetes/identity.ts'
import {
  outcomeOfCreate,
  outcomeOfPatch,
} from '../../../operator/in-kubernetes/metadata-objects.ts'
import { readSettings, SettingsError } from '../../../operator/in-kubernetes/settings.ts'
import { failed, succeeded } from '../../../operator/kube/api/requests/answer.ts'
import { failureOf } from '../../../operator/kube/api/requests/failure-of.ts'

test('a cluster id follows from the uid: 16 bytes, and nothing that tools take for an option', () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => clusterIdOf(`uid-${index}`))
  expect(new Set(ids).size).toBe(2_000)
  for (const id of ids) {
    expect(Buffer.from(id, 'base64url')).toHaveLength(16)
    expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  }
  expect(clusterIdOf('uid-7')).toBe(ids[7])
})

test('an identity in the Lease says where its process is; one of somebody else does not', () => {
  const identity = identityOf({ name: 'kavka-operator-7d9f-x2', ip: '10.1.2.3' }, 'ab12')
  expect(addressOf(identity)).toBe('10.1.2.3')
  expect(addressOf(identityOf({ name: 'kavka', ip: 'fd00::7' }, 'ab12'))).toBe('fd00::7')
  expect(addressOf('some-other-operator')).toBeUndefined()
})

describe('the environment', () => {
  const env = {
    POD_NAME: 'kavka-operator-1',
    POD_IP: '10.1.2.3',
    POD_NAMESPACE: 'kavka',
    KAVKA_IMAGE: 'kavka:1',
    KAVKA_CONTROLLER_HOST: 'kavka-operator.kavka.svc',
    KAVKA_CONTROLLER_PORT: '9191',
    KAVKA_LEASE: 'kavka-operator',
    KAVKA_WATCH_NAMESPACES: 'shop,office',
  }

  test('says all that an operator has to know', () => {
    expect(readSettings(env)).toEqual({
      podName: 'kavka-operator-1',
      podIp: '10.1.2.3',
      namespace: 'kavka',
      image: 'kavka:1',
      controller: { host: 'kavka-operator.kavka.svc', port: 9_191 },
      lease: 'kavka-operator',
      watchNamespaces: ['shop', 'office'],
      listenHost: '0.0.0.0',
      metricsPort: 9_404,
    })
    expect(readSettings({ ...env, KAVKA_WATCH_NAMESPACES: '' }).watchNamespaces).toEqual([])
  })

  test.each([
    ['POD_NAME', '', 'POD_NAME: is missing'],
    ['KAVKA_LEASE', undefined, 'KAVKA_LEASE: is missing'],
    ['KAVKA_CONTROLLER_PORT', '91910', 'KAVKA_CONTROLLER_PORT: must be a port, found 91910'],
  ])('that is wrong in %s=%s is refused by its name', (name, value, message) => {
    expect(() => readSettings({ ...env, [name]: value })).toThrow(new SettingsError(message))
  })
})

describe('what an API server answers to a write of the metadata log', () => {
  const causes = [{ reason: 'FieldValueInvalid', field: 'spec', message: 'no' }]
  test.each([
    [200, {}, 'done', 'done'],
    [409, { reason: 'AlreadyExists' }, 'unknown', 'exists'],
    [409, { reason: 'Conflict' }, 'conflict', 'unknown'],
    [422, { reason: 'Invalid' }, 'conflict', 'unknown'],
    [422, { reason: 'Invalid', details: { causes } }, 'refused', 'refused'],
    [413, {}, 'refused', 'refused'],
    [500, { message: 'etcdserver: request is too large' }, 'refused', 'refused'],
    [500, { message: 'etcdserver: leader changed' }, 'unknown', 'unknown'],
    [404, { reason: 'NotFound' }, 'conflict', 'unknown'],
    [429, {}, 'unknown', 'unknown'],
    [403, { reason: 'Forbidden' }, 'unknown', 'unknown'],
  ])('%s %j: a patch is %s, a create %s', (code, status, patch, create) => {
    const answer = code < 300 ? succeeded(undefined) : failed(failureOf(code, status))
    expect([outcomeOfPatch(answer).type, outcomeOfCreate(answer).type]).toEqual([patch, create])
  })
})
