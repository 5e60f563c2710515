import { expect, test } from 'vitest'
import { OptionsError } from '../../broker/config/broker-options.ts'
import { exitAfter } from '../../broker/exit.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import { StorageError } from '../../lib/storage-error.ts'

const nodeError = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })
const lockHeld = Object.assign(new Error('it is held by pid 7'), { name: 'LockHeldError' })

test.each([
  [64, 'a bad configuration', new OptionsError('broker.json: nodeId: is missing')],
  [69, 'a port that is taken', new NetworkError('EADDRINUSE', 'in use')],
  [73, 'a data directory of another', new StorageError('Foreign', 'of another')],
  [73, 'data that is gone', new StorageError('Untrusted', 'gone')],
  [73, 'a copy of the metadata log by a newer kavka', new MetadataError('UnknownRecord', 'new')],
  [73, 'a data directory that another process holds', lockHeld],
  [74, 'a full disk', new StorageError('DiskFull', 'full')],
  [74, 'a disk that failed', new StorageError('DiskFailed', 'failed')],
  [74, 'a disk that refused a call', nodeError('EROFS')],
  [70, 'our own mistake', new TypeError('x is undefined')],
  [70, 'what was thrown and is no error', 'oops'],
])('the exit code is %i after %s', (code, _, error) => {
  expect(exitAfter(error).code).toBe(code)
})

test('whoever started it is told in one line', () => {
  expect(exitAfter(new Error('first\n  second\n')).line).not.toContain('\n')
})
