import { expect, test } from 'vitest'
import { combinationsOf } from '../../../bench/failover/combinations.ts'

const dimensions = { system: ['kafka', 'kavka'], fault: ['kill', 'stop', 'restart'] } as const
const told = (wanted: string) => {
  return combinationsOf(dimensions, wanted).map(({ system, fault }) => `${system} ${fault}`)
}

test('without a word all are taken, system by system', () => {
  expect(told('')).toHaveLength(6)
  expect(told('').slice(0, 4)).toEqual(['kafka kill', 'kafka stop', 'kafka restart', 'kavka kill'])
})

test('words of one dimension are alternatives, and leave the others whole', () => {
  expect(told('stop,kill')).toEqual(['kafka kill', 'kafka stop', 'kavka kill', 'kavka stop'])
  expect(told('kavka,stop')).toEqual(['kavka stop'])
})

test('a word that means nothing is refused', () => {
  expect(() => told('kavka,stpo')).toThrow('stpo is none of kafka, kavka, kill, stop or restart')
})
