import { configOf, type MetadataImage, type TopicImage } from '../../../../broker/metadata/image.ts'
import { configTypes } from '../../../../broker/protocol/config/resource-types.ts'
import { type Entries, parseTopicConfig } from '../../../../broker/protocol/config/topic-values.ts'
import { brokerLayers } from '../config-values.ts'

export const uncleanSetting = 'unclean.leader.election.enable'

/** What holds for the partitions of one topic. */
export type PartitionRules = {
  /** Whether a broker is there to lead: not fenced, and not about to stop. */
  readonly mayLead: (brokerId: number) => boolean
  /** `min.insync.replicas`. */
  readonly minInSync: number
  /** `unclean.leader.election.enable`. */
  readonly mayBeUnclean: boolean
  /** `kavka.flush` is `Always`: what counts as had by a replica is on its disk. */
  readonly flushesAlways: boolean
}

/** The rules of each topic, looked up once. */
export type RulesOf = (topic: TopicImage) => PartitionRules

/**
 * @param about.brokerConfig Settings of all brokers.
 * @param about.mayLead Where who is there is about to change; left out: as the image says.
 */
export function rulesIn(
  image: MetadataImage,
  about: { brokerConfig: Entries; mayLead?: (brokerId: number) => boolean },
): RulesOf {
  const { mayLead = (brokerId) => isActive(image, brokerId) } = about
  const layers = brokerLayers(image, about.brokerConfig)
  const shared = rulesFrom(new Map(), layers, mayLead)
  const known = new Map<string, PartitionRules>() // a topic has thousands of partitions
  return ({ name }) => {
    let rules = known.get(name)
    if (rules === undefined) {
      const own = configOf(image, { type: configTypes.topic, name })
      rules = own.size === 0 ? shared : rulesFrom(own, layers, mayLead)
      known.set(name, rules)
    }
    return rules
  }
}

/** Whether a broker is there, and will be. */
export function isActive({ brokers }: MetadataImage, brokerId: number): boolean {
  const broker = brokers.get(brokerId)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

function rulesFrom(
  own: Entries,
  layers: ReturnType<typeof brokerLayers>,
  mayLead: (brokerId: number) => boolean,
): PartitionRules {
  const config = parseTopicConfig(own, layers)
  return {
    mayLead,
    minInSync: config['min.insync.replicas'].value,
    mayBeUnclean: config[uncleanSetting].value,
    flushesAlways: config['kavka.flush'].value === 'Always',
  }
}
