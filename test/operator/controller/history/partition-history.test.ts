import { expect, test } from 'vitest'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { describeHistory } from '../../../../operator/controller/history/describe-history.ts'
import type { CauseWord, HistoryEntry } from '../../../../operator/controller/history/entry.ts'
import { partitionHistory } from '../../../../operator/controller/history/partition-history.ts'
import {
  addPartitions,
  beat,
  create,
  type Decide,
  DecidedLog,
  elect,
  electLongest,
  fence,
  inSync,
  move,
  remove,
  restart,
  set,
} from './decided-log.ts'

const unclean = 'unclean.leader.election.enable'

/** What is told of partition 0 of a topic on brokers 1, 2 and 3, once it was made. */
function after(...appends: (Decide | Decide[])[]): HistoryEntry[] {
  const log = new DecidedLog(1, 2, 3, 4)
  log.append(create('t', [[1, 2, 3]]))
  const made = log.batches.length
  for (const decisions of appends) log.append(...[decisions].flat())
  return historyOf(log).filter(({ offset }) => offset >= (log.batches[made]?.baseOffset ?? 0))
}

function historyOf(log: DecidedLog, topic = 't', partition?: number): HistoryEntry[] {
  const { batches, before } = log
  return partitionHistory(batches, {
    before,
    topic,
    ...(partition === undefined ? {} : { partition }),
  })
}

/** Without what is the same in all: when, and by which controller. */
function told(entries: readonly HistoryEntry[]): string[] {
  return describeHistory(entries).map((line) => line.replace(/^\S+ offset \d+ \(.*?\) /, ''))
}

test('a line says when it was, where in the log, what, and why', () => {
  const log = new DecidedLog(1, 2, 3)
  log.append(create('t', [[1, 2, 3]]))
  log.append(fence(1))
  expect(describeHistory(historyOf(log)).at(-1)).toBe(
    '2023-11-14T22:13:20Z offset 504 (controller epoch 4) partition 0: ' +
      'leader 1 -> 2 (leader epoch 1), ISR 1,2,3 -> 2,3. ' +
      'BrokerFenced: broker 1 is gone, or was not heard of in time',
  )
})

test('a topic is made with its settings and partitions, is given more, and removed', () => {
  const log = new DecidedLog(1, 2)
  log.append(create('other', [[1]]), create('t', [[1, 2]], [['retention.ms', '5']]))
  log.append(set('t', 'retention.ms', '6'), set('other', 'retention.ms', '7'))
  log.append(addPartitions('t', [[2]]), addPartitions('other', [[2]]))
  log.append(remove('t'), remove('other'))
  log.append(create('t', [[2]]))
  const history = historyOf(log)
  expect(told(history)).toEqual([
    'created. Created: the topic was created',
    'retention.ms not set -> 5. Created: the topic was created',
    'partition 0: leader none -> 1 (leader epoch 0), ISR none -> 1,2, replicas none -> 1,2. Created: the topic was created',
    'retention.ms 5 -> 6. SettingsChanged: its settings were changed',
    'partition 1: leader none -> 2 (leader epoch 0), ISR none -> 2, replicas none -> 2. PartitionsAdded: the topic was given more partitions',
    'removed. Removed: the topic was removed',
    'created. Created: the topic was created',
    'partition 0: leader none -> 2 (leader epoch 1), ISR none -> 2, replicas none -> 2. Created: the topic was created',
  ])
  expect(new Set(history.map(({ topicId }) => topicId)).size).toBe(2)
})

test('partitions that are added in the append which made the topic were not made with it', () => {
  const log = new DecidedLog(1, 2)
  log.append(create('t', [[1]]), addPartitions('t', [[2]]))
  expect(historyOf(log).map(({ cause }) => cause.word)).toEqual([
    'Created',
    'Created',
    'PartitionsAdded',
  ])
})

test('of one partition is told what happened to it, and to the topic', () => {
  const log = new DecidedLog(1, 2, 3)
  log.append(create('t', [[1], [2]]))
  log.append(fence(1), fence(2), set('t', 'retention.ms', '6'))
  const partitions = historyOf(log, 't', 1).map(({ partition }) => partition)
  expect(partitions).toEqual([undefined, 1, 1, undefined])
  expect(historyOf(log, 'nowhere')).toEqual([])
})

test('the image may have the topic already', () => {
  const log = new DecidedLog(1, 2, 3)
  log.append(create('t', [[1, 2, 3]]))
  const before = log.image
  log.append(fence(1), set('t', 'retention.ms', '6'))
  const history = partitionHistory(log.batches.slice(1), { before, topic: 't' })
  expect(history.map(({ cause }) => cause.word)).toEqual(['BrokerFenced', 'SettingsChanged'])
})

test.each<[word: CauseWord, which: string, sentence: string, appends: (Decide | Decide[])[]]>([
  ['BrokerFenced', 'as such', 'broker 1 is gone, or was not heard of in time', [fence(1)]],
  ['BrokerFenced', 'of a follower', 'broker 3 is gone, or was not heard of in time', [fence(3)]],
  [
    'BrokerFenced',
    'of each of two',
    'broker 2 is gone, or was not heard of in time',
    [fence(1, 2)],
  ],
  [
    'BrokerUnfenced',
    'as such',
    'broker 3 is there again, and nobody led',
    [fence(1, 2, 3), beat(3)],
  ],
  [
    'ControlledShutdown',
    'as such',
    'broker 1 was asked to stop',
    [beat(1, { wantShutDown: true })],
  ],
  ['BrokerRegistered', 'as such', 'broker 1 was started again', [restart(1)]],
  ['DataLost', 'as such', 'broker 1 came with another data directory', [restart(1, 'nothing')]],
  [
    'DataLost',
    'of one that was eligible',
    'broker 2 came with another data directory',
    [fence(3, 2), restart(2, 'nothing')],
  ],
  [
    'UnflushedLost',
    'as such',
    'broker 2 was started again, and may lack what was not flushed',
    [fence(3, 2), restart(2, 'flushed')],
  ],
  [
    'IsrShrunk',
    'as such',
    'broker 1, which leads, says that 3 fell behind',
    [inSync('t', 0, [1, 2])],
  ],
  [
    'IsrGrown',
    'as such',
    'broker 1, which leads, says that 2,3 caught up',
    [inSync('t', 0, [1]), inSync('t', 0, [1, 2, 3])],
  ],
  [
    'IsrChanged',
    'as such',
    'broker 1, which leads, says who is in sync',
    [inSync('t', 0, [1, 2]), inSync('t', 0, [1, 3])],
  ],
  [
    'IsrGrown',
    'beside the fencing of another',
    'broker 1, which leads, says that 2 caught up',
    [inSync('t', 0, [1]), [fence(3), inSync('t', 0, [1, 2])]],
  ],
  [
    'PreferredElection',
    'as such',
    'broker 1 is the preferred leader, and in sync',
    [fence(1), beat(1), inSync('t', 0, [2, 1, 3]), elect('preferred', 't', 0)],
  ],
  ['Moved', 'begun', 'its replicas are to be on 4,2,3', [move('t', 0, [4, 2, 3])]],
  [
    'Moved',
    'redirected',
    'its replicas are to be on 1,2,4 instead',
    [move('t', 0, [4, 2, 3]), move('t', 0, [1, 2, 4])],
  ],
  [
    'Moved',
    'ended',
    'its replicas on 4,2,3 are in sync',
    [move('t', 0, [4, 2, 3]), inSync('t', 0, [1, 2, 3, 4])],
  ],
  [
    'Moved',
    'taken back',
    'its replicas are to stay on 2,3,1',
    [move('t', 0, [4, 2, 3]), move('t', 0, null)],
  ],
  ['Moved', 'at once', 'its replicas are on 2, in this order', [move('t', 0, [2])]],
  [
    'UncleanElection',
    'that was asked for',
    'broker 1 leads with what it has, since nobody who is known to have all may: acknowledged records may be lost',
    [fence(1, 2, 3), beat(1), elect('unclean', 't', 0)],
  ],
  [
    'UncleanElection',
    'that settings allow from then on',
    'unclean.leader.election.enable was set: broker 1 leads with what it has, since nobody who is known to have all may: acknowledged records may be lost',
    [fence(1, 2, 3), beat(1), set('t', unclean, 'true')],
  ],
  [
    'UncleanElection',
    'once somebody is back',
    'broker 1 is there again: broker 1 leads with what it has, since nobody who is known to have all may: acknowledged records may be lost',
    [set('t', unclean, 'true'), fence(1, 2, 3), beat(1)],
  ],
  [
    'UncleanElection',
    'since another is gone',
    'broker 2 came with another data directory: broker 1 leads with what it has, since nobody who is known to have all may: acknowledged records may be lost',
    [
      set('t', unclean, 'true'),
      inSync('t', 0, [1, 2]),
      restart(1, 'nothing'),
      beat(1),
      restart(2, 'nothing'),
    ],
  ],
  [
    'LastMemberElected',
    'of one',
    'broker 2 is there again: broker 2 leads: it alone is left of those who were in sync last',
    [inSync('t', 0, [1, 2]), fence(2), restart(2, 'flushed'), restart(1, 'nothing'), beat(2)],
  ],
  [
    'LastMemberElected',
    'of several',
    'broker 1 leads: of those who were in sync last it has the longest log, or an unclean election was asked for',
    [fence(3), ...flushedOnly(1, 2, 3), beat(1), beat(2), beat(3), electLongest('t', 0)],
  ],
  [
    'Recovered',
    'as such',
    'broker 1, which leads, says that it has found out what there is',
    [fence(1, 2, 3), beat(1), elect('unclean', 't', 0), inSync('t', 0, [1])],
  ],
  [
    'ElectionAsked',
    'as such',
    'an election was asked for, or settings were changed that allow more of them',
    [leaderIs(-1), elect('preferred', 't', 0)],
  ],
  ['Unknown', 'as such', 'the log does not say why', [leaderIs(3)]],
])('%s, %s', (word, _, sentence, appends) => {
  expect(after(...appends).at(-1)?.cause).toMatchObject({ word, sentence })
})

test.each<[changes: string, appends: (Decide | Decide[])[]]>([
  ['leader 1 -> 2 (leader epoch 1), ISR 1,2,3 -> 2,3', [fence(1)]],
  ['leader 2 -> 3 (leader epoch 2), ISR 2,3 -> 3, ELR none -> 2', [fence(1, 2)]],
  ['leader none -> 3 (leader epoch 4), ISR none -> 3, ELR 2,3 -> 2', [fence(1, 2, 3), beat(3)]],
  ['ELR 2 -> none, last known ELR none -> 2', [fence(3, 2), restart(2, 'flushed')]],
  ['replicas 1,2,3 -> 4,2,3,1, move begun adding 4 removing 1', [move('t', 0, [4, 2, 3])]],
  [
    'replicas 4,2,3,1 -> 1,2,4,3, move sent elsewhere adding 4 removing 3',
    [move('t', 0, [4, 2, 3]), move('t', 0, [1, 2, 4])],
  ],
  [
    'leader 1 -> 4 (leader epoch 1), ISR 1,2,3 -> 2,3,4, replicas 4,2,3,1 -> 4,2,3, move ended',
    [move('t', 0, [4, 2, 3]), inSync('t', 0, [1, 2, 3, 4])],
  ],
  [
    'leader 1 again (leader epoch 1), replicas 4,2,3,1 -> 2,3,1, move taken back',
    [move('t', 0, [4, 2, 3]), move('t', 0, null)],
  ],
  ['leader 1 -> 2 (leader epoch 1), ISR 1,2,3 -> 2, replicas 1,2,3 -> 2', [move('t', 0, [2])]],
  [
    'RECOVERING -> RECOVERED',
    [fence(1, 2, 3), beat(1), elect('unclean', 't', 0), inSync('t', 0, [1])],
  ],
])('%s', (changes, appends) => {
  expect(told(after(...appends)).at(-1)).toMatch(`partition 0: ${changes}. `)
})

function flushedOnly(...brokerIds: number[]): Decide[] {
  return brokerIds.map((brokerId) => restart(brokerId, 'flushed'))
}

/** As nothing decides it. */
function leaderIs(leader: number): Decide {
  return (image) => {
    const topicId = image.topicIds.get('t') ?? ''
    return [metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, leader })]
  }
}
