/**
 * Writes crds/ from the tables in operator/api: what an API server has to know of our resources.
 *
 *   npm run generate:crds             writes them
 *   npm run generate:crds -- --check  fails where they differ from what the tables say
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { servedKinds } from '../operator/api/crd/crds.ts'
import { customResourceDefinition } from '../operator/api/crd/custom-resource-definition.ts'

const folder = join(import.meta.dirname, '../crds')
const header = '# Made of the tables in operator/api by `npm run generate:crds`.\n'

const wanted = new Map(
  servedKinds.map((table) => {
    const text = stringify(customResourceDefinition(table), { lineWidth: 0 })
    return [`${table.plural}.yaml`, header + text]
  }),
)
mkdirSync(folder, { recursive: true })
const found = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
)

if (process.argv.includes('--check')) {
  const names = new Set([...wanted.keys(), ...found.keys()])
  const stale = [...names].filter((name) => wanted.get(name) !== found.get(name))
  if (stale.length > 0) {
    console.error(`Not what the tables say: ${stale.join(', ')}. Run: npm run generate:crds`)
    process.exit(1)
  }
  console.log(`${wanted.size} files are what the tables say`)
} else {
  for (const name of found.keys()) rmSync(join(folder, name))
  for (const [name, text] of wanted) writeFileSync(join(folder, name), text)
  console.log(`${wanted.size} files written to ${folder}`)
}
