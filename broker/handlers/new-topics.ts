import { topicNamed } from '../metadata/image.ts'
import { KafkaError } from '../protocol/errors.ts'
import { apis } from '../protocol/generated/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Services } from './services.ts'

/** How long Metadata waits for a topic that it had made to be seen here; clients ask again anyway. */
const visibleWithinMs = 1_000

/**
 * Topics that are made since a client asked for them. Who asks for one that is being made waits for
 * it, and it is asked for once.
 */
export class NewTopics {
  private readonly services: Pick<Services, 'controller' | 'image'>
  private readonly underWay = new Map<string, Promise<number>>()

  constructor(services: Pick<Services, 'controller' | 'image'>) {
    this.services = services
  }

  /**
   * Makes topics with the cluster's defaults.
   *
   * @returns For each what is wrong with it, as an error code; 0 if it is there now.
   */
  async make(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const missing = names.filter((name) => !this.underWay.has(name))
    if (missing.length > 0) {
      const made = this.request(missing)
      for (const name of missing) {
        const own = made.then((codes) => codes.get(name) ?? errorCodes.UNKNOWN_SERVER_ERROR)
        this.underWay.set(name, own)
      }
      const forget = () => {
        for (const name of missing) this.underWay.delete(name)
      }
      made.then(forget, forget)
    }
    const all = names.map(async (name): Promise<[string, number]> => {
      return [name, (await this.underWay.get(name)) ?? errorCodes.NONE]
    })
    return new Map(await Promise.all(all))
  }

  private async request(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { controller, image } = this.services
    try {
      const topics = names.map((name) => ({
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [],
        configs: [],
      }))
      const { versions } = apis.CreateTopics.request
      const response = await controller.forward('CreateTopics', versions[1], { topics })
      await controller.caughtUp(visibleWithinMs)
      const codes = response.topics.map(({ name, errorCode }): [string, number] => {
        if (topicNamed(image(), name) !== undefined) return [name, errorCodes.NONE]
        const isThere = errorCode === 0 || errorCode === errorCodes.TOPIC_ALREADY_EXISTS
        return [name, isThere ? errorCodes.LEADER_NOT_AVAILABLE : errorCode]
      })
      return new Map(codes)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      // As in Kafka while nobody can make it: clients ask again.
      return new Map(names.map((name) => [name, errorCodes.UNKNOWN_TOPIC_OR_PARTITION]))
    }
  }
}
