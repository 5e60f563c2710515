import { parseDuration } from '../schema/duration.ts'
import {
  boolean,
  duration,
  integer,
  integerOrWord,
  list,
  map,
  object,
  string,
} from '../schema/fields.ts'
import { qualifiedName, semanticVersion } from '../schema/names.ts'
import { listeners } from './listeners.ts'
import { resources, template } from './pods.ts'
import { storage } from './storage.ts'

const brokers = object(
  {
    replicas: integer({
      min: 1,
      max: 1_000, // each dials every other one
      doc: 'How many brokers there are. They have the ids from 0 on.',
    }),
    storage,
    resources,
    rack: object(
      {
        topologyKey: string({
          pattern: qualifiedName,
          maxLength: 317,
          default: 'topology.kubernetes.io/zone',
          doc: 'The label of a node that says in which rack it is.',
        }),
        names: list(string({ minLength: 1, maxLength: 249, doc: 'A rack.' }), {
          minItems: 1,
          maxItems: 100,
          optional: true,
          doc: 'Racks that brokers stand in by turns, by their ids, whatever nodes say; without Kubernetes the only way to say it.',
        }),
      },
      { optional: true, doc: 'Where brokers stand. Left out: replicas are not spread over racks.' },
    ),
    template,
  },
  { doc: 'The brokers.' },
)

const ms = (text: string) => parseDuration(text) ?? 0

/** How fast a dead broker is noticed. */
const controller = object(
  {
    sessionTimeout: duration({
      min: 300,
      max: 300_000,
      default: '1500ms',
      doc: 'After how much silence a broker is taken for dead.',
    }),
    heartbeatInterval: duration({
      min: 100,
      max: 60_000,
      default: '500ms',
      doc: 'How often a broker says that it is there.',
    }),
    disconnectGrace: duration({
      min: 0,
      max: 60_000,
      default: '150ms',
      doc: 'How long a broker whose connection ended has to come back.',
    }),
  },
  { default: {}, doc: 'How fast a dead broker is noticed.' },
  {
    always: [
      {
        reason: 'InvalidTimeouts',
        at: ['sessionTimeout'],
        says: 'must be at least twice heartbeatInterval, or one lost heartbeat stops a broker',
        cel: 'duration(self.sessionTimeout) >= duration(self.heartbeatInterval) + duration(self.heartbeatInterval)',
        holds: ({ sessionTimeout, heartbeatInterval }) =>
          ms(sessionTimeout) >= 2 * ms(heartbeatInterval),
        found: ({ sessionTimeout, heartbeatInterval }) =>
          `${sessionTimeout} with a heartbeatInterval of ${heartbeatInterval}`,
        foundCel: [
          '%s with a heartbeatInterval of %s',
          'self.sessionTimeout',
          'self.heartbeatInterval',
        ],
      },
      {
        reason: 'InvalidTimeouts',
        at: ['disconnectGrace'],
        says: 'must be at most sessionTimeout',
        cel: 'duration(self.disconnectGrace) <= duration(self.sessionTimeout)',
        holds: ({ disconnectGrace, sessionTimeout }) => ms(disconnectGrace) <= ms(sessionTimeout),
        found: ({ disconnectGrace, sessionTimeout }) =>
          `${disconnectGrace} with a sessionTimeout of ${sessionTimeout}`,
        foundCel: ['%s with a sessionTimeout of %s', 'self.disconnectGrace', 'self.sessionTimeout'],
      },
    ],
  },
)

const rollout = object(
  {
    maxUnavailable: integerOrWord({
      enum: ['Auto'],
      min: 1,
      max: 1_000,
      default: 'Auto',
      doc: 'How many brokers may be restarted at once; Auto: as many as no partition notices.',
    }),
    paused: boolean({ default: false, doc: 'No broker is restarted while it is true.' }),
  },
  { default: {}, doc: 'How changes reach the brokers.' },
)

const rebalance = object(
  {
    onScaleUp: string({
      enum: ['Auto', 'Manual'],
      default: 'Auto',
      doc: 'Whether a new broker gets replicas by itself.',
    }),
    onScaleDown: string({
      enum: ['Auto', 'Manual'],
      default: 'Auto',
      doc: 'Whether a broker that is to go is emptied by itself.',
    }),
    throttleBytesPerSecond: integer({
      min: 0,
      default: 0,
      doc: 'How much each broker may spend on moving replicas; 0 for no limit.',
    }),
  },
  { default: {}, doc: 'When replicas are moved.' },
)

const topics = object(
  {
    autoCreate: boolean({
      default: true,
      doc: 'Whether a client that asks for a topic which is not there makes it.',
    }),
    deletionProtection: boolean({
      default: false,
      doc: 'No topic is deleted while it is true, whoever asks.',
    }),
  },
  { default: {}, doc: 'What holds for all topics.' },
)

export const kafkaClusterSpec = object(
  {
    version: string({
      pattern: semanticVersion,
      maxLength: 64,
      optional: true,
      doc: "The version of kavka that brokers run. Left out: the operator's own.",
    }),
    brokers,
    listeners,
    config: map(string({ maxLength: 32_767, doc: 'A value.' }), {
      maxProperties: 300, // Kafka has fewer
      settings: 'broker',
      default: {},
      doc: "Settings of all brokers, by Kafka's names.",
    }),
    controller,
    rollout,
    rebalance,
    topics,
  },
  { doc: 'What is wanted.' },
  {
    always: [
      {
        reason: 'InvalidListeners',
        at: ['listeners'],
        says: 'must have a port each',
        cel: 'self.listeners.all(a, self.listeners.exists_one(b, a.port == b.port))',
        holds: ({ listeners }) =>
          new Set(listeners.map(({ port }) => port)).size === listeners.length,
        found: ({ listeners }) => listeners.map(({ name, port }) => `${name}: ${port}`).join(', '),
        foundCel: ['%s', 'self.listeners.map(each, each.port)'],
      },
    ],
  },
)
