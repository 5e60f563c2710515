import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import type { Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { topicSynonyms } from '../../../broker/protocol/config/topic-synonyms.ts'

/** A test by its title, or what a story says. */
type Proof = readonly [file: string, title: string]

/** Of each setting that is called honoured the test that shows it. */
const ofTopics: Readonly<Record<string, Proof>> = {
  'cleanup.policy': [
    'log/maintenance/retain.test.ts',
    'without delete in cleanup.policy nothing is removed, however old it is',
  ],
  'delete.retention.ms': [
    'log/compaction/clean.test.ts',
    'a tombstone is left until delete.retention.ms after the cleaning that found it',
  ],
  'flush.messages': [
    'log/maintenance/flusher.test.ts',
    'flush.messages is how many may be in the page cache only',
  ],
  'flush.ms': [
    'log/maintenance/flusher.test.ts',
    'flush.ms is for how long, with one timer for all logs, and none when nothing is due',
  ],
  'index.interval.bytes': [
    'log/segment-settings.test.ts',
    'the index has an entry for every index.interval.bytes',
  ],
  'kavka.flush': [
    'partition/partitions.test.ts',
    'with kavka.flush=Always a batch is committed when the disk has it',
  ],
  'max.compaction.lag.ms': [
    'log/maintenance/log-cleaner.test.ts',
    'a log is left alone until it is dirty enough, or something in it is too old',
  ],
  'max.message.bytes': [
    'log/leader-append.test.ts',
    'refuses what is larger than max.message.bytes',
  ],
  'message.timestamp.after.max.ms': [
    'log/leader-append.test.ts',
    'refuses records too far ahead of message.timestamp.after.max.ms, and says which',
  ],
  'message.timestamp.before.max.ms': [
    'log/leader-append.test.ts',
    'refuses records older than message.timestamp.before.max.ms, and says which',
  ],
  'message.timestamp.type': [
    'log/leader-append.test.ts',
    'stamps its own time where the topic wants that, with a CRC that is right',
  ],
  'min.insync.replicas': [
    'replication/replication.test.ts',
    'a leader with too few in sync refuses acks=all, and takes what wants less',
  ],
  'min.cleanable.dirty.ratio': [
    'log/maintenance/log-cleaner.test.ts',
    'a log is left alone until it is dirty enough, or something in it is too old',
  ],
  'min.compaction.lag.ms': [
    'log/compaction/dirty-range.test.ts',
    'a segment with a record younger than min.compaction.lag.ms is left alone',
  ],
  'unclean.leader.election.enable': [
    '../operator/controller/decide/empty-disk.test.ts',
    'where unclean.leader.election.enable is said, it goes on with what it has',
  ],
  'retention.bytes': [
    'log/retention.test.ts',
    'segments go without which the log is still as large as retention.bytes',
  ],
  'retention.ms': [
    'log/retention.test.ts',
    'segments go whose records are all older than retention.ms',
  ],
  'segment.bytes': [
    'log/partition-log.test.ts',
    'segments are of the size that is asked for, or hold one batch',
  ],
  'segment.index.bytes': [
    'log/segment-settings.test.ts',
    'a segment is closed when an index of segment.index.bytes is full',
  ],
  'segment.ms': [
    'log/segment-settings.test.ts',
    'a segment is closed once its first batch is segment.ms older than the next one',
  ],
}

const ofBrokers: Readonly<Record<string, Proof>> = {
  'connections.max.idle.ms': [
    'net/listen.test.ts',
    'are closed after connections.max.idle.ms, by one timer for all of them',
  ],
  'default.replication.factor': [
    '../operator/controller/decide/topics.test.ts',
    'a topic is made with the defaults of the cluster, and answered with all its settings',
  ],
  'delete.topic.enable': [
    '../operator/embedded/running-cluster.test.ts',
    'with deletionProtection no topic is deleted, also of those that clients made',
  ],
  'fetch.max.bytes': [
    'handlers/handlers.test.ts',
    'a consumer gets no more at once than fetch.max.bytes, and one batch in any case',
  ],
  'group.initial.rebalance.delay.ms': [
    'coordinator/group/stories/newcomers-prolong-the-first-rebalance.txt',
    '# Members that start together are one rebalance',
  ],
  'group.max.session.timeout.ms': [
    'coordinator/group/stories/wrong-requests.txt',
    'a join session 1801s\n  a: INVALID_SESSION_TIMEOUT',
  ],
  'group.max.size': [
    'coordinator/group/stories/full-group.txt',
    '# A group takes no more members than group.max.size.',
  ],
  'group.min.session.timeout.ms': [
    'coordinator/group/stories/wrong-requests.txt',
    'a join as nobody session 5s\n  a: INVALID_SESSION_TIMEOUT',
  ],
  'log.cleaner.backoff.ms': [
    'log/maintenance/maintenance.test.ts',
    'retention and compaction come by themselves',
  ],
  'log.retention.check.interval.ms': [
    'log/maintenance/maintenance.test.ts',
    'retention and compaction come by themselves',
  ],
  'max.connections': [
    'net/listen.test.ts',
    'beyond max.connections they are closed at once, and counted',
  ],
  'max.connections.per.ip': [
    'net/listen.test.ts',
    'beyond max.connections.per.ip they are closed too, whether by IPv4 or IPv6',
  ],
  'max.incremental.fetch.session.cache.slots': [
    'handlers/handlers.test.ts',
    'no more fetch sessions are kept than the broker is told to',
  ],
  'max.request.partition.size.limit': [
    'handlers/describe-topic-partitions.test.ts',
    'no answer has more partitions than the broker allows',
  ],
  'num.partitions': [
    '../operator/controller/decide/topics.test.ts',
    'a topic is made with the defaults of the cluster, and answered with all its settings',
  ],
  'offset.metadata.max.bytes': [
    'coordinator/offset-requests.test.ts',
    'a note may have as many characters as offset.metadata.max.bytes',
  ],
  'offsets.commit.timeout.ms': [
    'coordinator/group-coordinator.test.ts',
    'who waits too long for a commit hears it, and the offset is there all the same',
  ],
  'offsets.retention.check.interval.ms': [
    'coordinator/offsets/expiry.test.ts',
    'an empty group without offsets goes at the next look',
  ],
  'offsets.retention.minutes': [
    'coordinator/offsets/expiry.test.ts',
    'what a consumer without a group committed goes after offsets.retention.minutes',
  ],
  'offsets.topic.num.partitions': [
    'coordinator/offset-requests.test.ts',
    'the topic of groups is made as it is set',
  ],
  'offsets.topic.replication.factor': [
    'coordinator/offset-requests.test.ts',
    'the topic of groups is made as it is set',
  ],
  'offsets.topic.segment.bytes': [
    'coordinator/offset-requests.test.ts',
    'the topic of groups is made as it is set',
  ],
  'queued.max.request.bytes': ['net/receive-budget.test.ts', 'is bounded'],
  'replica.lag.time.max.ms': [
    'replication/replication.test.ts',
    'a follower that is away leaves the ISR, and is taken in when it has all',
  ],
  'replica.selector.class': [
    'handlers/nearest-replica.test.ts',
    'so does one in the rack of the leader, and any while the replica is fenced',
  ],
  'socket.request.max.bytes': [
    'net/listen.test.ts',
    'a frame whose size is %s closes it, after those before it',
  ],
}

test('every setting that is called honoured is shown to be, and no other is listed', () => {
  expect(honoured(topicConfig)).toEqual(Object.keys(ofTopics).toSorted())
  const synonyms = Object.values(topicSynonyms).flatMap((each) => each.map(({ name }) => name))
  const own = honoured(brokerConfig).filter((name) => !(synonyms as string[]).includes(name))
  // A setting that stands for one of topics is as far as that is.
  expect(own).toEqual(Object.keys(ofBrokers).toSorted())
})

test.each(Object.entries({ ...ofTopics, ...ofBrokers }))('%s: the test is there', (_, proof) => {
  const [file, title] = proof
  const text = file.endsWith('.txt') ? title : `'${title}'`
  expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toContain(text)
})

function honoured(settings: Settings): string[] {
  return Object.keys(settings)
    .filter((name) => settings[name]?.support === 'honoured')
    .toSorted()
}
