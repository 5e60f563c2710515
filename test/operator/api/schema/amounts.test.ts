import { expect, test } from 'vitest'
import { parseDuration } from '../../../../operator/api/schema/duration.ts'
import { formatQuantity, parseQuantity } from '../../../../operator/api/schema/quantity.ts'

test.each([
  ['1Ei', 2 ** 60],
  ['1E', 1e18],
  ['1E3', 1_000],
  ['100Gi', 107_374_182_400],
  ['500m', 0.5],
  ['1.5G', 1_500_000_000],
  ['1e3', 1_000],
  ['12E', 12e18],
  [3, 3],
  ['10 GB', undefined],
  ['10gi', undefined],
  ['', undefined],
  ['.', undefined],
])('the amount %s is %s', (text, units) => {
  expect(parseQuantity(text)).toBe(units)
})

test.each([
  [67_108_864, '64Mi'],
  [1_000, '1000'],
  [0, '0'],
  [0.001, '0.001'],
])('%s units are written %s', (units, text) => {
  expect(formatQuantity(units)).toBe(text)
})

test.each([
  ['1500ms', 1_500],
  ['1.5s', 1_500],
  ['1h30m', 5_400_000],
  ['0s', 0],
  ['1500', undefined],
  ['-1s', undefined],
  ['1d', undefined],
  ['', undefined],
  ['1s'.repeat(100), undefined],
])('the time %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
