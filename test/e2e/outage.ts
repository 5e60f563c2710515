import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic, Load } from './clients.ts'
import { heading, timed } from './figures.ts'
import { kubectl, lab, until } from './kubectl.ts'

/** The API server is away: what is served goes on, and what was decided meanwhile is there afterwards. */
export async function outage(forMs: number): Promise<void> {
  heading(`The API server is stopped for ${forMs / 1_000} s`)
  const load = await Load.start(1, 'demo-kafka-plain:9092', 'orders')
  const run = Date.now()
  await lab('apiserver-stop')
  try {
    const endMs = performance.now() + forMs
    await assert.rejects(createTopic(`during-${run}`, 3_000), 'nothing is decided meanwhile')
    await sleep(Math.max(0, endMs - performance.now()))
  } finally {
    await lab('apiserver-start')
  }
  await timed('until a topic can be made again', () => createTopic(`after-${run}`, 60_000))
  await timed('the topic that was asked for meanwhile is a Topic', () =>
    until(
      'it is there',
      () => kubectl('get', 'topics', '-o', 'name'),
      (names) => names.includes(`topic.kavka.dev/during-${run}\n`),
    ),
  )
  await load.stop()
}
