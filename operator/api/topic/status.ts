import { conditions } from '../conditions.ts'
import { integer, list, object, string } from '../schema/fields.ts'

const optional = { optional: true } as const
const count = (doc: string) => integer({ min: 0, default: 0, doc })

/** Written after the fact, for people and tools. Nothing of kavka reads it back. */
export const topicStatus = object(
  {
    observedGeneration: integer({ min: 0, ...optional, doc: 'The spec that it speaks of.' }),
    topicId: string({ maxLength: 22, ...optional, doc: "Kafka's id of the topic." }),
    // A text each, and changed as a whole: as objects they would be four times as large in etcd.
    partitions: list(string({ maxLength: 1_024, doc: 'A partition.' }), {
      maxItems: 10_000,
      ...optional,
      doc: 'Each partition, as leader:leaderEpoch:partitionEpoch:replicas:isr.',
    }),
    summary: object(
      {
        online: count('How many partitions have a leader.'),
        underReplicated: count('How many lack a replica.'),
        leaderless: count('How many have no leader.'),
      },
      { ...optional, doc: 'The partitions together.' },
    ),
    reassignment: object(
      {
        partitions: count('How many partitions are on the move.'),
        targetReplicationFactor: integer({
          min: 1,
          ...optional,
          doc: 'How many replicas it will have.',
        }),
      },
      { ...optional, doc: 'What is on the move.' },
    ),
    conditions,
  },
  { doc: 'What is.' },
)
