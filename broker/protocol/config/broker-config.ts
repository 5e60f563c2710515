import { type BrokerConfigName, brokerNames } from './broker-names.ts'
import { sourceOf } from './kavka-settings.ts'
import type { About, Support } from './setting.ts'
import { settings } from './settings.ts'
import { type TopicConfigName, topicConfig } from './topic-config.ts'
import { topicSynonyms } from './topic-synonyms.ts'

const owned = (instead: string, doc: string): About => ({ support: 'owned', instead, doc })
const saying =
  (support: Support) =>
  (doc: string, unit?: About['unit']): About => ({
    support,
    doc,
    ...(unit === undefined ? {} : { unit }),
  })
const honoured = saying('honoured')
const planned = saying('planned')

const accepted: About = {
  support: 'accepted',
  doc: "It has no effect in kavka and is taken so that Kafka's tools work.",
}

/** What is to be said of one setting. A change of `support` goes with the test that proves it. */
const about: { readonly [Name in BrokerConfigName]?: About } = {
  'advertised.listeners': owned('use spec.listeners', 'What clients are told to dial.'),
  'auto.create.topics.enable': owned(
    'use spec.topics.autoCreate',
    'Whether a client that asks for a topic which is not there makes it.',
  ),
  'broker.heartbeat.interval.ms': owned(
    'use spec.controller.heartbeatInterval',
    'How often a broker tells the controller that it is there.',
  ),
  'broker.id': owned('leave it out', 'The id of a broker: its place in the cluster.'),
  'broker.rack': owned(
    'use spec.brokers.rack',
    'Where a broker stands; replicas are spread over racks.',
  ),
  'broker.session.timeout.ms': owned(
    'use spec.controller.sessionTimeout',
    'After how much silence a broker is taken for dead.',
  ),
  'connections.max.idle.ms': honoured('How long a connection may be silent.', 'ms'),
  'default.replication.factor': honoured('How many replicas a topic has that does not say.'),
  'delete.topic.enable': honoured('Whether topics can be deleted through the protocol.'),
  'fetch.max.bytes': honoured('The most that one fetch is answered with.', 'bytes'),
  'group.initial.rebalance.delay.ms': honoured(
    'How long the first members of a group wait for others.',
    'ms',
  ),
  'group.max.session.timeout.ms': honoured('The longest session that a member may ask for.', 'ms'),
  'group.max.size': honoured('How many members a group may have.'),
  'group.min.session.timeout.ms': honoured('The shortest session that a member may ask for.', 'ms'),
  'inter.broker.listener.name': owned('leave it out', 'The listener that brokers use among them.'),
  'listener.security.protocol.map': owned('use spec.listeners', 'How each listener is secured.'),
  listeners: owned('use spec.listeners', 'Where a broker listens.'),
  'log.cleaner.backoff.ms': honoured(
    'How long compaction rests when it finds nothing to do.',
    'ms',
  ),
  'log.dir': owned('use spec.brokers.storage', 'Where logs are kept.'),
  'log.dirs': owned('use spec.brokers.storage', 'Where logs are kept.'),
  'log.retention.check.interval.ms': honoured('How often it is seen to what is too old.', 'ms'),
  'max.connections': honoured('How many connections a broker takes.'),
  'max.connections.per.ip': honoured('How many connections a broker takes from one address.'),
  'max.incremental.fetch.session.cache.slots': honoured('How many fetch sessions a broker keeps.'),
  'max.request.partition.size.limit': honoured(
    'How many partitions one answer to DescribeTopicPartitions has.',
  ),
  'node.id': owned('leave it out', 'The id of a broker: its place in the cluster.'),
  'num.partitions': honoured('How many partitions a topic has that does not say.'),
  'offset.metadata.max.bytes': honoured('How much a consumer may write beside an offset.', 'bytes'),
  'offsets.commit.timeout.ms': honoured('How long a commit waits for its replicas.', 'ms'),
  'offsets.retention.check.interval.ms': honoured(
    'How often it is seen to offsets that are too old.',
    'ms',
  ),
  'offsets.retention.minutes': honoured(
    'How long a group without members keeps its offsets.',
    'minutes',
  ),
  'offsets.topic.num.partitions': honoured('How many partitions __consumer_offsets has.'),
  'offsets.topic.replication.factor': honoured('How many replicas __consumer_offsets has.'),
  'offsets.topic.segment.bytes': honoured('The size of its segments.', 'bytes'),
  'process.roles': owned('leave it out', 'Whether a node is a broker or a controller.'),
  'producer.id.expiration.ms': planned('After how long an idle producer is forgotten.', 'ms'),
  'queued.max.request.bytes': honoured(
    'How much a broker holds of requests it has not answered.',
    'bytes',
  ),
  'replica.fetch.max.bytes': planned(
    'How much of one partition a follower asks for at once.',
    'bytes',
  ),
  'replica.fetch.response.max.bytes': planned('How much a follower asks for at once.', 'bytes'),
  'replica.fetch.wait.max.ms': planned(
    'How long a leader may keep a follower waiting for more.',
    'ms',
  ),
  'replica.lag.time.max.ms': honoured(
    'After how long behind a replica is no longer in sync.',
    'ms',
  ),
  'replica.selector.class': honoured(
    "From which replica consumers read: the leader, or with Kafka's RackAwareReplicaSelector one in their own rack.",
  ),
  'socket.request.max.bytes': honoured('The largest request that is read.', 'bytes'),
  'transaction.max.timeout.ms': planned(
    'The longest transaction that a producer may ask for.',
    'ms',
  ),
  'transaction.state.log.min.isr': planned('min.insync.replicas of __transaction_state.'),
  'transaction.state.log.num.partitions': planned('How many partitions __transaction_state has.'),
  'transaction.state.log.replication.factor': planned('How many replicas __transaction_state has.'),
  'transaction.state.log.segment.bytes': planned('The size of its segments.', 'bytes'),
  'transactional.id.expiration.ms': planned(
    'After how long an idle transactional id is forgotten.',
    'ms',
  ),
}

/** Whole families. Security is refused: who sets it must not believe that it is on. */
const families: readonly (readonly [prefix: string, about: About])[] = [
  ['controller.', { support: 'accepted', doc: "Of Kafka's own controllers." }],
  ['sasl.', owned('leave it out', 'kavka does not authenticate clients yet.')],
  ['ssl.', owned('leave it out', 'kavka does not encrypt connections yet.')],
  ['authorizer.', owned('leave it out', 'kavka does not authorize clients yet.')],
  ['security.', owned('leave it out', 'kavka does not encrypt connections yet.')],
]

/** Settings of a broker by Kafka's names. Checks, docs and DescribeConfigs all read this table. */
export const brokerConfig = settings(
  brokerNames,
  Object.fromEntries(
    Object.keys(brokerNames).map((name) => [name, aboutOf(name as BrokerConfigName)]),
  ) as Record<BrokerConfigName, About>,
  (name) => sourceOf(name, 'brokerconfigs'),
)

function aboutOf(name: BrokerConfigName): About {
  const family = families.find(([prefix]) => name.startsWith(prefix))?.[1]
  return about[name] ?? ofTopic(name) ?? family ?? accepted
}

/** A broker's setting that holds for topics is as far as that of the topics is. */
function ofTopic(name: BrokerConfigName): About | undefined {
  for (const [topicName, synonyms] of Object.entries(topicSynonyms)) {
    const synonym = synonyms.find((each) => each.name === name)
    if (synonym === undefined) continue
    const { support, doc, unit } = topicConfig[topicName as TopicConfigName] as About
    const ownUnit = name.endsWith('.hours') ? 'hours' : name.endsWith('.minutes') ? 'minutes' : unit
    const known: { support: Support; doc: string } = { support, doc }
    return { ...known, ...(ownUnit === undefined ? {} : { unit: ownUnit }) }
  }
  return undefined
}
