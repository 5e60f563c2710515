import { expect, test } from 'vitest'
import { withTools as own, toolsOn } from './tools-on.ts'

const { run, json } = toolsOn({ brokers: 2 })

test('topics are made, described, changed and deleted', own, async () => {
  const [made, described, grown, listed, deleted, left, many] = await run(
    'topics @ --create --topic tools --partitions 3 --config retention.ms=1000000',
    'topics @ --describe --topic tools',
    'topics @ --alter --topic tools --partitions 4',
    'topics @ --list',
    'topics @ --delete --topic tools',
    'topics @ --list',
    'topics @ --create --topic too-many --replication-factor 3',
  )
  expect(made).toContain('Created topic tools.')
  expect(described).toMatch(
    /PartitionCount: 3\tReplicationFactor: 1\tConfigs: .*retention.ms=1000000/,
  )
  expect(described).toMatch(/Partition: 2\tLeader: (\d)\tReplicas: \1\tIsr: \1/)
  expect(grown).not.toContain('failed')
  expect(listed).toContain('tools')
  expect(deleted).not.toContain('failed')
  expect(left).not.toContain('tools')
  expect(many).toContain('cannot be reached because only')
})

test('records are deleted up to an offset, and room is told', own, async () => {
  const upTo = (offset: number) => {
    return { version: 1, partitions: [{ topic: 'records', partition: 0, offset }] }
  }
  const [, sent, room, ends, cut, begins, beyond, producers] = await run(
    'topics @ --create --topic records --partitions 1',
    'produce @ --topic records --num-records 10 --record-size 100 --throughput -1',
    'logDirs @ --describe --topic-list records',
    'offsets @ --topic records',
    `deleteRecords @ --offset-json-file ${json('four.json', upTo(4))}`,
    'offsets @ --topic records --time earliest',
    `deleteRecords @ --offset-json-file ${json('many.json', upTo(11))}`,
    'transactions @ describe-producers --topic records --partition 0',
  )
  expect(sent).toContain('10 records sent')
  const size = Number(/"partition":"records-0","size":(\d+)/.exec(room ?? '')?.[1])
  expect(size).toBeGreaterThan(0)
  expect(ends).toContain('records:0:10')
  expect(cut).toContain('partition: records-0\tlow_watermark: 4')
  expect(begins).toContain('records:0:4')
  expect(beyond).toContain('OffsetOutOfRangeException')
  expect(producers).toMatch(/^\d+\s+0\s+-1\s+9\s/m)
})

test('settings are given, told with where they come from, and taken back', own, async () => {
  const [, list, topic, back, wrong, brokers, broker, fixed, metrics, subscriptions] = await run(
    'topics @ --create --topic settings',
    'configs @ --alter --entity-type topics --entity-name settings --add-config cleanup.policy=[compact,delete],retention.ms=1',
    'configs @ --describe --entity-type topics --entity-name settings',
    'configs @ --alter --entity-type topics --entity-name settings --delete-config retention.ms',
    'configs @ --alter --entity-type topics --entity-name settings --add-config retention.ms=soon',
    'configs @ --alter --entity-type brokers --entity-default --add-config log.retention.ms=90000000',
    'configs @ --describe --entity-type brokers --entity-name 0 --all',
    'configs @ --alter --entity-type brokers --entity-name 0 --add-config num.partitions=7',
    'configs @ --alter --entity-type client-metrics --entity-name all --add-config interval.ms=1000',
    'configs @ --describe --entity-type client-metrics',
  )
  expect(list).toContain('Completed updating config for topic settings.')
  expect(topic).toContain('cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC')
  expect(topic).toContain('retention.ms=1 ')
  expect(back).toContain('Completed')
  expect(wrong).toContain('InvalidConfigurationException')
  expect(brokers).toContain('Completed updating default config for brokers in the cluster.')
  expect(broker).toContain('log.retention.ms=90000000 sensitive=false synonyms={DYNAMIC_DEFAULT')
  expect(broker).toMatch(/advertised\.listeners=client:\/\/localhost:\d+/)
  expect(broker).toContain('node.id=0')
  expect(fixed).toContain('Cannot update these configs dynamically: [num.partitions]')
  expect(metrics).toContain('Completed')
  expect(subscriptions).toContain('interval.ms=1000')
})

test('how much a broker logs is changed while it runs', own, async () => {
  const [before, more, after, nobody] = await run(
    'configs @ --describe --entity-type broker-loggers --entity-name 0',
    'configs @ --alter --entity-type broker-loggers --entity-name 0 --add-config root=DEBUG',
    'configs @ --describe --entity-type broker-loggers --entity-name 0',
    'configs @ --alter --entity-type broker-loggers --entity-name 0 --add-config kafka=DEBUG',
  )
  expect(before).toContain('root=INFO')
  expect(more).toContain('Completed')
  expect(after).toContain('root=DEBUG')
  expect(nobody).toContain('Invalid broker logger(s): kafka')
})

test(
  'elections and moves that there is no need for, or that cannot be, are told so',
  own,
  async () => {
    // The partitions of a topic are spread evenly, so one of them is elsewhere.
    const toFirst = [0, 1].map((partition) => ({ topic: 'moves', partition, replicas: [0] }))
    const move = json('move.json', { version: 1, partitions: toFirst })
    const [, all, one, unknown, none, moved, left] = await run(
      'topics @ --create --topic moves --partitions 2',
      'elections @ --election-type preferred --all-topic-partitions',
      'elections @ --election-type preferred --topic moves --partition 0',
      'elections @ --election-type unclean --topic nowhere --partition 0',
      'reassign @ --list',
      `reassign @ --execute --reassignment-json-file ${move}`,
      'topics @ --describe --topic moves',
    )
    expect(all).not.toContain('failed')
    expect(one).toContain('Valid replica already elected for partitions moves-0')
    expect(unknown).toContain('No such topic as nowhere')
    expect(none).toContain('No partition reassignments found.')
    expect(moved).toContain('Successfully started partition reassignment')
    expect(left).toMatch(/Replicas: 0/)
  },
)

test(
  'the level of the metadata log is described, raised as far as all read it, and never lowered',
  own,
  async () => {
    const [before, dryRun, raised, after, further, lowered, other] = await run(
      'features @ describe',
      'features @ upgrade --feature metadata.version=29 --dry-run',
      'features @ upgrade --feature metadata.version=29',
      'features @ describe',
      'features @ upgrade --feature metadata.version=30',
      'features @ downgrade --feature metadata.version=25',
      'features @ upgrade --feature group.version=1',
    )
    const finalized = (level: string) =>
      new RegExp(`metadata.version.*FinalizedVersionLevel: ${level}`)
    expect(before).toMatch(finalized('4.0-IV1'))
    expect(dryRun).toContain('metadata.version can be upgraded to 29')
    expect(raised).toContain('metadata.version was upgraded to 29')
    expect(after).toMatch(finalized('4.2-IV1'))
    expect(further).toContain('this version of kavka knows only up to 29')
    expect(lowered).toContain('It is at 29 and does not go down')
    expect(other).toContain('does not support the given feature')
  },
)

test(
  'a cluster is described: its metadata log, its brokers, and that nobody is authorized',
  own,
  async () => {
    const [status, replication, id, endpoints, gone, there, acls, quotas, users] = await run(
      'quorum @ describe --status',
      'quorum @ describe --replication',
      'cluster cluster-id @',
      'cluster list-endpoints @',
      'cluster unregister @ --id 9',
      'cluster unregister @ --id 1',
      'acls @ --list',
      'configs @ --describe --entity-type clients',
      'configs @ --describe --entity-type users',
    )
    expect(status).toMatch(/HighWatermark: +[1-9]\d*/)
    expect(status).toMatch(/CurrentObservers: +\[\{"id": 0,/)
    expect(replication).toMatch(/Leader/)
    expect(replication).toMatch(/^1 .*Observer/m)
    expect(id).toMatch(/Cluster ID: [\w-]{22}/)
    expect(endpoints).toMatch(/^1 +localhost +\d+ +null +unfenced +broker/m)
    expect(gone).toContain('Broker ID 9 is not currently registered')
    expect(there).toContain('broker 1 is there: only one that is gone can be unregistered')
    expect(acls).toContain('SecurityDisabledException: No Authorizer is configured.')
    expect([quotas, users].join('')).not.toMatch(/failed|Exception/)
  },
)
