import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { groundOf } from '../../lib/ground.ts'

const isLinux = existsSync('/proc/sys/kernel/random/boot_id')

test.runIf(isLinux)('a path is on the same ground until the machine boots', () => {
  const { bootId, device } = groundOf('/') ?? {}
  expect(bootId).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  expect(device).toMatch(/^\d+$/)
  expect(groundOf('/')).toEqual({ bootId, device })
})

test.runIf(isLinux)('another file system is another ground', () => {
  expect(groundOf('/proc')?.device).not.toBe(groundOf('/')?.device)
})

test.skipIf(isLinux)('elsewhere nobody can tell', () => {
  expect(groundOf('/')).toBeUndefined()
})
