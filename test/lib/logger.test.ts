import { expect, test } from 'vitest'
import { createLogger, type LogLevel } from '../../lib/logger.ts'

function logger(level?: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { lines, log: createLogger({ to, ...(level === undefined ? {} : { level }) }) }
}

test('a line is JSON with time, level, message and fields', () => {
  const { lines, log } = logger()
  log.warn('the disk is slow', { directory: '/data', tookMs: 12 })
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      directory: '/data',
      tookMs: 12,
      message: 'the disk is slow',
    },
  ])
})

test('a child says its fields with each line', () => {
  const { lines, log } = logger()
  log.child({ nodeId: 3 }).child({ topic: 'orders' }).info('opened')
  expect(lines[0]).toMatchObject({ nodeId: 3, topic: 'orders', message: 'opened' })
})

test('what is less important than the level is not written', () => {
  const { lines, log } = logger('warn')
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  expect(lines.map(({ message }) => message)).toEqual(['c', 'd'])
})

test('an error is written with its message and where it was thrown', () => {
  const { lines, log } = logger()
  log.error('it failed', { error: new RangeError('too far') })
  const stack = expect.stringContaining('logger.test.ts')
  expect(lines[0]?.['error']).toMatchObject({ message: 'too far', stack })
})

test('fields that hold a secret are left out', () => {
  const { lines, log } = logger()
  log.info('starts', { secret: 'hush', options: { password: 'hush', host: 'h' } })
  log.child({ token: 'hush' }).info('goes on')
  expect(JSON.stringify(lines)).not.toContain('hush')
  expect(lines[0]?.['options']).toEqual({ host: 'h' })
})

test('a level that is changed anywhere holds for all loggers that come from one', () => {
  const { log, lines } = logger()
  const child = log.child({ nodeId: 3 })
  child.debug('not written')
  log.level = 'debug'
  child.debug('written')
  child.level = 'error'
  log.info('not written')
  log.error('written')
  expect(lines).toHaveLength(2)
})
