/**
 * Golden vectors: messages that Kafka's own code printed and wrote, for every message and version,
 * and record batches that its own builder made.
 *
 *   npm run golden             makes the committed ones anew
 *   npm run golden -- --check  fails where the committed ones differ from what the jars say, or
 *                              where our codec fails on fresh ones; --seed N for other fresh ones
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { javaBatchesFile, writeLines } from '../test/support/batch-fixtures.ts'
import { allMessages, findDifference, parseVectors, vectorsFile } from '../test/support/golden.ts'
import { runJava, whyNoKafka } from './kafka/jars.ts'

const committed = { seed: '1', count: '6' }
const options = {
  check: { type: 'boolean', default: false },
  seed: { type: 'string', default: '2' },
} as const
const { check, seed } = parseArgs({ options }).values

const missing = whyNoKafka()
if (missing !== undefined) {
  console.error(`Golden vectors are made by Kafka's jars with Java and Maven: ${missing}.`)
  process.exit(1)
}

const text = runJava('Golden.java', [committed.seed, committed.count])
if (!check) {
  writeFileSync(vectorsFile, gzipSync(text, { level: 9 }))
  console.log(`${parseVectors(text).length} vectors written to ${vectorsFile}`)
  writeLines(javaBatchesFile, JSON.parse(runJava('Batches.java')) as unknown[])
  console.log(`batches of Kafka's builder written to ${javaBatchesFile}`)
} else {
  if (gunzipSync(readFileSync(vectorsFile)).toString('utf8') !== text) {
    fail('The committed vectors are not what the jars say. Run: npm run golden')
  }
  const fresh = parseVectors(runJava('Golden.java', [seed, '12']))
  for (const vector of fresh) {
    const type = allMessages.get(vector.name)
    const difference = type === undefined ? 'it has no table' : findDifference(type, vector)
    if (difference !== undefined) fail(`${vector.name} v${vector.version}: ${difference}`)
  }
  console.log(
    `The committed vectors are Kafka's, and ${fresh.length} fresh ones of seed ${seed} agree`,
  )
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
