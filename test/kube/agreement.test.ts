import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import { checkResource } from '../../operator/api/schema/resource.ts'
import { Topic } from '../../operator/api/topic/topic.ts'
import { arbitraryValue } from '../support/arbitrary-resource.ts'
import { startWithCrds, tryCreate } from '../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'

const noKube = whyNoKube()
const timeout = 120_000
/** Others by hand: SEED=2 SEEDS=10000 npx vitest run test/kube/agreement */
const seed = Number(process.env['SEED'] ?? 1)
const numRuns = Number(process.env['SEEDS'] ?? 300)

describe.skipIf(noKube !== undefined)(noKube ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  test.each([KafkaCluster, Topic])('takes what the local check takes: $kind', async (table) => {
    await fc.assert(
      fc.asyncProperty(arbitraryValue(table.spec), async (spec) => {
        const { apiVersion, kind, plural } = table
        // As it is written: what is undefined is not there.
        const resource = JSON.parse(
          JSON.stringify({ apiVersion, kind, metadata: { name: 'a' }, spec }),
        )
        const problems = checkResource(table, resource)
        const answer = await tryCreate(kube, plural, resource)
        const local = problems.map(({ field, message }) => `${field}: ${message}`)
        const told = `locally: ${local.join('; ')}\nby the API server: ${String(answer.body['message'])}`
        expect(answer.status < 300, told).toBe(problems.length === 0)
      }),
      { seed, numRuns },
    )
  })
})
