import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tell } from './story.ts'

const folder = join(import.meta.dirname, 'stories')

/** Each file is a story of a group, and says what it shows. `npx vitest run -u` writes them again. */
test.each(readdirSync(folder))('%s', async (name) => {
  const path = join(folder, name)
  await expect(await tell(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path)
})
