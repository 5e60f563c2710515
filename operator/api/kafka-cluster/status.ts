import { conditions } from '../conditions.ts'
import { integer, list, object, string } from '../schema/fields.ts'

const optional = { optional: true } as const
const count = (doc: string) => integer({ min: 0, default: 0, doc })

const node = object(
  {
    id: integer({ min: 0, doc: 'The id of the broker.' }),
    pod: string({ ...optional, doc: 'Its pod, or its process.' }),
    rack: string({ ...optional, doc: 'Where it stands.' }),
    state: string({
      enum: ['Starting', 'Running', 'Fenced', 'Draining', 'Stopped'],
      doc: 'What it is doing.',
    }),
    leaders: count('How many partitions it leads.'),
    replicas: count('How many replicas it has.'),
  },
  { doc: 'A broker.' },
)

/** Written after the fact, for people and tools. Nothing of kavka reads it back. */
export const kafkaClusterStatus = object(
  {
    observedGeneration: integer({ min: 0, ...optional, doc: 'The spec that it speaks of.' }),
    clusterId: string({ maxLength: 22, ...optional, doc: "Kafka's id of the cluster." }),
    brokers: object(
      {
        desired: count('How many brokers there are to be.'),
        ready: count('How many serve clients.'),
        summary: string({ ...optional, doc: 'Both, such as 2/3.' }),
        selector: string({ ...optional, doc: 'The labels of the pods, for autoscalers.' }),
      },
      { ...optional, doc: 'The brokers.' },
    ),
    nodes: list(node, { maxItems: 1_000, ...optional, doc: 'Each broker.' }),
    listeners: list(
      object(
        {
          name: string({ doc: 'The name of the listener.' }),
          bootstrapServers: string({ doc: 'What to give clients as bootstrap.servers.' }),
        },
        { doc: 'A listener.' },
      ),
      { maxItems: 16, ...optional, doc: 'Where clients reach the cluster.' },
    ),
    topics: object(
      {
        total: count('How many topics there are.'),
        ready: count('How many have all their replicas in sync.'),
        underReplicated: count('How many partitions lack a replica.'),
        leaderless: count('How many partitions have no leader.'),
      },
      { ...optional, doc: 'The topics.' },
    ),
    plan: list(string({ maxLength: 1_024, doc: 'A step.' }), {
      maxItems: 100,
      ...optional,
      doc: 'What is done next, and what it waits for.',
    }),
    conditions,
  },
  { doc: 'What is.' },
)
