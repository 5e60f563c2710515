import { groupConfigDefaults } from '../generated/config-defaults.ts'
import type { BrokerNameWithDefault } from './broker-names.ts'
import type { About } from './setting.ts'
import { settings } from './settings.ts'

export type GroupConfigName = keyof typeof groupConfigDefaults

const planned = (doc: string, unit?: About['unit']): About => {
  return { support: 'planned', doc, ...(unit === undefined ? {} : { unit }) }
}

const assignmentInterval = planned('How long assignments stay before they are made anew.', 'ms')
const heartbeatInterval = planned('How often a member says that it is there.', 'ms')
const sessionTimeout = planned('After how much silence a member is taken for dead.', 'ms')

/** Of KIP-848's groups, of share groups and of Streams groups, none of which is there yet. */
const about: Record<GroupConfigName, About> = {
  'consumer.assignment.interval.ms': assignmentInterval,
  'consumer.heartbeat.interval.ms': heartbeatInterval,
  'consumer.session.timeout.ms': sessionTimeout,
  'share.assignment.interval.ms': assignmentInterval,
  'share.auto.offset.reset': planned(
    'Where a share group begins: earliest, latest, or by_duration: and an ISO 8601 duration ago.',
  ),
  'share.delivery.count.limit': planned('How often a record is delivered before it is given up.'),
  'share.heartbeat.interval.ms': heartbeatInterval,
  'share.isolation.level': planned('Whether a share group reads records that may yet be aborted.'),
  'share.partition.max.record.locks': planned('How many records of a partition may be locked.'),
  'share.record.lock.duration.ms': planned('How long a record is locked for its consumer.', 'ms'),
  'share.renew.acknowledge.enable': planned('Whether a consumer may lock a record for longer.'),
  'share.session.timeout.ms': sessionTimeout,
  'streams.assignment.interval.ms': assignmentInterval,
  'streams.heartbeat.interval.ms': heartbeatInterval,
  'streams.initial.rebalance.delay.ms': planned(
    'How long the first member waits for others.',
    'ms',
  ),
  'streams.num.standby.replicas': planned('How many standby copies each task has.'),
  'streams.session.timeout.ms': sessionTimeout,
}

/** Settings of a group by Kafka's names (KIP-848, KIP-1240). */
export const groupConfig = settings(groupConfigDefaults, about, (name) => {
  return `https://kafka.apache.org/documentation/#groupconfigs_${name}`
})

/** The setting of brokers that holds for groups which do not have their own. */
export function groupSynonym(name: GroupConfigName): BrokerNameWithDefault | undefined {
  return ownOnly.has(name) ? undefined : (`group.${name}` as BrokerNameWithDefault)
}

const ownOnly: ReadonlySet<GroupConfigName> = new Set([
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
])
