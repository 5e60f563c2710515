import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaVersions } from '../../scripts/apis/kafka-versions.ts'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { whyLater } from '../support/effort.ts'
import { whyNoUp } from '../support/kavka.ts'
import { type Difference, differencesOf } from './differences.ts'
import { errorsOfOneBroker } from './errors-of-one-broker.ts'
import { isKnown, knownDifferences } from './known-differences.ts'
import { type Advertised, advertised, isServed, type RunningPeer, startPeers } from './peers.ts'
import { stories } from './stories.ts'
import type { Story } from './story.ts'
import { type Outcome, tellStory } from './tell-story.ts'

const why = whyNoKafka() ?? whyNoUp() ?? whyLater
if (why !== undefined) console.log(`kavka is not held against Apache Kafka: ${why}`)

describe.skipIf(why !== undefined)('kavka answers as Apache Kafka 4.3.1 does', () => {
  let kafka: RunningPeer
  let kavka: RunningPeer
  let served: Advertised
  const startedMs = performance.now()
  /** By the titles of stories that were told. */
  const answered = new Map<string, readonly Outcome[]>()
  const differences: Difference[] = []
  const notServed: Story[] = []

  beforeAll(async () => {
    const peers = await startPeers()
    kafka = peers.kafka
    kavka = peers.kavka
    served = await advertised(kavka)
  }, 240_000)

  afterAll(async () => {
    const requests = stories.flatMap(({ steps }) => steps).filter(({ type }) => type !== 'collect')
    const tookS = ((performance.now() - startedMs) / 1_000).toFixed(0)
    const skipped = `${notServed.length} of them told to Kafka alone: kavka does not serve them yet`
    console.log(
      `${answered.size} stories with ${requests.length} requests, ${skipped}; ` +
        `${knownDifferences.length} known differences; ${tookS} s`,
    )
    await Promise.all([kafka?.stop(), kavka?.stop()])
  }, 60_000)

  test.each(stories)('$title', { timeout: 60_000 }, async (story) => {
    const tellsBoth = isServed(story, served)
    if (!tellsBoth) notServed.push(story)
    const [theirs, ours] = await Promise.all([
      tellStory(story, kafka),
      tellsBoth ? tellStory(story, kavka) : undefined,
    ])
    answered.set(story.title, theirs)
    expect(untold(theirs), 'errors that Kafka was to give').toEqual([])
    if (ours === undefined) return
    const found = differencesOf(story.title, theirs, ours)
    differences.push(...found)
    expect(found.filter((own) => !isKnown(own))).toEqual([])
  })

  test('the page of APIs says what Kafka advertises', async () => {
    const byName = (all: Iterable<readonly [string, unknown]>) => Object.fromEntries(all)
    expect(byName(kafkaVersions())).toEqual(byName(await advertised(kafka)))
  })

  /** Only where all was told, and not a part of it that somebody chose. */
  const isWhole = () => answered.size === stories.length

  test('what is known to differ still does', ({ skip }) => {
    skip(!isWhole(), 'not all stories were told')
    const stale = knownDifferences.filter((known) => {
      const isTold = !notServed.some(({ title }) => title === known.story)
      return isTold && !differences.some((own) => isKnown(own, [known]))
    })
    expect(stale).toEqual([])
  })

  test('every error is provoked that one broker can give', ({ skip }) => {
    skip(!isWhole(), 'not all stories were told')
    const told = JSON.stringify([...answered.values()])
    expect(errorsOfOneBroker.filter((name) => !told.includes(`"${name}"`))).toEqual([])
  })
})

/** Errors that a step was to provoke and has not. */
function untold(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ step, answer, gives }) => {
    const text = JSON.stringify(answer)
    return gives
      .filter((name) => !text.includes(`"${name}"`))
      .map((name) => `${step}: ${name}, but ${text}`)
  })
}
