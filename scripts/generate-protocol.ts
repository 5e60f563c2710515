/**
 * Writes the tables in broker/protocol/generated from Kafka's published jars: names, types,
 * versions, nullability, tags and defaults. Needs Java and Maven; nobody else ever does.
 *
 *   npm run generate             writes them
 *   npm run generate -- --check  fails where they differ from what the jars say
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Facts, normalise } from './kafka/facts.ts'
import { runJava, whyNoKafka } from './kafka/jars.ts'
import { renderFiles } from './kafka/render.ts'

const generated = join(import.meta.dirname, '../broker/protocol/generated')

const missing = whyNoKafka()
if (missing !== undefined) {
  console.error(
    `The protocol's tables are read out of Kafka's jars with Java and Maven: ${missing}.`,
  )
  process.exit(1)
}

const facts = JSON.parse(runJava('Definitions.java')) as Facts
const files = renderFiles(normalise(facts))
const check = process.argv.includes('--check')
// Beside the real folder, since biome looks for its settings upwards from each file.
const folder = check ? mkdtempSync(join(tmpdir(), 'kavka-generated-')) : generated
try {
  mkdirSync(folder, { recursive: true })
  if (!check) for (const name of readdirSync(folder)) rmSync(join(folder, name))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  format(folder)
  if (check) compare(folder)
} finally {
  if (check) rmSync(folder, { recursive: true, force: true })
}
console.log(`${files.size} files ${check ? 'are what the jars say' : `written to ${generated}`}`)

function format(path: string) {
  const biome = join(import.meta.dirname, '../node_modules/.bin/biome')
  const settings = join(import.meta.dirname, '../biome.json')
  const args = ['check', '--write', '--vcs-enabled=false', `--config-path=${settings}`, path]
  execFileSync(biome, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function compare(fresh: string) {
  const read = (path: string) =>
    readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')])
  const before = new Map(read(generated) as [string, string][])
  const now = new Map(read(fresh) as [string, string][])
  const names = new Set([...before.keys(), ...now.keys()])
  const stale = [...names].filter((name) => before.get(name) !== now.get(name))
  if (stale.length === 0) return
  console.error(`Not what the jars say: ${stale.join(', ')}. Run: npm run generate`)
  process.exitCode = 1
}
