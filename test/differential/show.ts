/**
 * Tells stories to a Kafka, and to kavka if it serves them, and prints what came back:
 *
 *   node test/differential/show.ts groups        all whose title has this in it
 *   ALONE=1 node test/differential/show.ts ...   Kafka's answers only
 */
import { differencesOf } from './differences.ts'
import { isKnown } from './known-differences.ts'
import { advertised, isServed, startKafkaPeer, startPeers } from './peers.ts'
import { stories } from './stories.ts'
import { tellStory } from './tell-story.ts'

const wanted = process.argv.slice(2)
const chosen = stories.filter(({ title }) => {
  return wanted.length === 0 || wanted.some((part) => title.includes(part))
})
const isAlone = process.env['ALONE'] !== undefined
const { kafka, kavka } = isAlone
  ? { kafka: await startKafkaPeer(), kavka: undefined }
  : await startPeers()
const served = kavka === undefined ? new Map() : await advertised(kavka)
try {
  for (const story of chosen) {
    console.log(`\n## ${story.title}`)
    const startedMs = performance.now()
    try {
      const theirs = await tellStory(story, kafka)
      for (const { step, answer } of theirs) {
        if (
          process.env['QUIET'] === undefined &&
          !/^(CreateTopics v4|ListOffsets v7$|Metadata v12$)/.test(step)
        )
          console.log(`   ${step}: ${JSON.stringify(answer)}`)
      }
      const tookMs = performance.now() - startedMs
      if (tookMs > 2_000) console.log(`?? it took ${tookMs.toFixed(0)} ms`)
      for (const { step, answer, gives } of theirs) {
        const text = JSON.stringify(answer)
        const missing = gives.filter((name) => !text.includes(`"${name}"`))
        if (missing.length > 0) console.log(`?? ${step}: ${missing.join(' ')}, but ${text}`)
      }
      if (kavka === undefined || !isServed(story, served)) continue
      const ours = await tellStory(story, kavka)
      for (const difference of differencesOf(story.title, theirs, ours)) {
        if (isKnown(difference)) continue
        const { step, at, kafka, kavka } = difference
        console.log(
          `!! ${step}, ${at}\n     Kafka ${JSON.stringify(kafka)}\n     kavka ${JSON.stringify(kavka)}`,
        )
      }
    } catch (error) {
      console.log(error)
    }
  }
} finally {
  await Promise.all([kafka.stop(), kavka?.stop()])
}
