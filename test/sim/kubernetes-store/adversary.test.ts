import { expect, test } from 'vitest'
import { asItShouldBe, plants } from './plants.ts'
import { live } from './world.ts'

// SEEDS=2000 FIRST_SEED=1000 npx vitest run test/sim/kubernetes-store: more of them, and others.
const seeds = Number(process.env['SEEDS'] ?? 25)
const first = Number(process.env['FIRST_SEED'] ?? 1)

test('no adversary makes the log in Kubernetes fork, forget, double or lie', {
  timeout: 30_000 + seeds * 2_000,
}, async () => {
  let [appends, restores] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    const outcome = await live(seed, asItShouldBe)
    expect(outcome.violation, `seed ${seed}`).toBeUndefined()
    appends += outcome.appends
    restores += outcome.restores
  }
  expect(appends, 'it looks at something').toBeGreaterThan(seeds * 5)
  if (seeds >= 10) expect(restores).toBeGreaterThan(0)
})

test('a log that is begun once more, after etcd was put back, begins with the same batch', async () => {
  expect((await live(1_027, asItShouldBe)).violation).toBeUndefined()
})

/** The first seed by which each shows, and what is seen then. */
const seen: Readonly<Record<keyof typeof plants, readonly [seed: number, violation: RegExp]>> = {
  'a lost answer is answered by reading again and appending again': [1, /^duplicate/],
  'a timeout is taken for a failure': [1, /was told not to be there, and is/],
  'an epoch is known by its number': [1, /^zombie/],
  'the condition is refreshed from a watch': [1, /^fork: another batch ends at 17/],
  'what is not known is deleted': [2, /the head names .* which is not there/],
  'names are made of offsets alone, and deletes find them by name': [14, /the head names /],
  'a large append is two': [1, /^half of/],
  'the condition is the resourceVersion': [665, /a batch that does not follow/],
  'a create that timed out is taken to have happened': [2, /the head names /],
  'what was created is not read back after an interruption': [23, /is deleted, and the head names/],
}

test.each(Object.entries(seen))(
  'a mistake that is planted is found: %s',
  {
    timeout: 30_000,
  },
  async (name, [seed, violation]) => {
    const outcome = await live(seed, plants[name as keyof typeof plants])
    expect(outcome.violation).toMatch(violation)
  },
)
