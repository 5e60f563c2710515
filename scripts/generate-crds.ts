/**
 * Writes crds/, and its copy in the chart, from the tables in operator/api: what an API server has to
 * know of our resources.
 *
 *   npm run generate:crds             writes them
 *   npm run generate:crds -- --check  fails where they differ from what the tables say
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { servedKinds } from '../operator/api/crd/crds.ts'
import { customResourceDefinition } from '../operator/api/crd/custom-resource-definition.ts'

const root = join(import.meta.dirname, '..')
/** Helm reads only what is in the chart. */
const folders = ['crds', 'charts/kavka/files/crds']
const header = '# Made of the tables in operator/api by `npm run generate:crds`.\n'

const wanted = new Map(
  servedKinds.flatMap((table) => {
    const text = header + stringify(customResourceDefinition(table), { lineWidth: 0 })
    return folders.map((folder): [string, string] => [`${folder}/${table.plural}.yaml`, text])
  }),
)
for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
const found = new Map(
  folders
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
)

if (process.argv.includes('--check')) {
  const paths = new Set([...wanted.keys(), ...found.keys()])
  const stale = [...paths].filter((path) => wanted.get(path) !== found.get(path))
  if (stale.length > 0) {
    console.error(`Not what the tables say: ${stale.join(', ')}. Run: npm run generate:crds`)
    process.exit(1)
  }
  console.log(`${wanted.size} files are what the tables say`)
} else {
  for (const path of found.keys()) rmSync(join(root, path))
  for (const [path, text] of wanted) writeFileSync(join(root, path), text)
  console.log(`${wanted.size} files written to ${folders.join(' and ')}`)
}
