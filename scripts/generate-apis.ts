/**
 * Writes docs/apis.md, the page of supported APIs, versions and KIPs, from the table of what is served.
 *
 *   npm run generate:apis             writes it
 *   npm run generate:apis -- --check  fails where it differs from what the tables say
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { served } from '../broker/handlers/served.ts'
import { kafkaVersions } from './apis/kafka-versions.ts'
import { kips } from './apis/kips.ts'
import { page } from './apis/page.ts'

const file = join(import.meta.dirname, '../docs/apis.md')
const wanted = page({ served, kafka: kafkaVersions(), kips })

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted)
  console.log('docs/apis.md is written')
} else if (readFileSync(file, 'utf8') === wanted) console.log('docs/apis.md is what the tables say')
else {
  console.error('docs/apis.md is not what the tables say. Run: npm run generate:apis')
  process.exit(1)
}
