import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realRandom } from '../../../../lib/random.ts'
import { openUids, UidsError } from '../../../../operator/kube/directory/uids.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kavka-uids-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const open = () => openUids(join(directory, 'uids.json'), realRandom)
const one = (key: string) => open().of([key]).get(key)

test('a resource has the same uid after a restart, and another has another', () => {
  const uid = one('Topic/default/a')
  expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(one('Topic/default/a')).toBe(uid)
  expect(one('Topic/default/b')).not.toBe(uid)
})

test('who is made anew under an old name is another one', () => {
  const uid = one('Topic/default/a')
  open().forget(['Topic/default/a', 'never seen'])
  expect(one('Topic/default/a')).not.toBe(uid)
})

test('nothing is left lying about', () => {
  one('Topic/default/a')
  expect(readdirSync(directory)).toEqual(['uids.json'])
})

test.each(['', '{', '[]', '{"version": 2, "uids": {}}', '{"version": 1}'])(
  'a file that is not its own is refused: %s',
  (text) => {
    writeFileSync(join(directory, 'uids.json'), text)
    expect(open).toThrow(UidsError)
  },
)
