import { onTestFinished } from 'vitest'
import { coordinatorSettings } from '../../../broker/coordinator/coordinator-settings.ts'
import { ClassicGroups } from '../../../broker/coordinator/group/classic-groups.ts'
import { groupSettingsOf } from '../../../broker/coordinator/group/settings.ts'
import { GroupCoordinator } from '../../../broker/coordinator/group-coordinator.ts'
import type { GroupMembership } from '../../../broker/coordinator/membership.ts'
import { FallenBrokers } from '../../../broker/handlers/fallen-brokers.ts'
import { createHandlers } from '../../../broker/handlers/handlers.ts'
import { HeldAnswers } from '../../../broker/handlers/held-answers.ts'
import type { ControllerLink, Services } from '../../../broker/handlers/services.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { connect } from '../../../broker/net/connect.ts'
import { defaultNetLimits } from '../../../broker/net/limits.ts'
import { Slabs } from '../../../broker/net/slabs.ts'
import type { RequestOf } from '../../../broker/protocol/apis.ts'
import { realClock } from '../../../lib/clock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { uuid } from '../metadata/support.ts'
import { startListener } from '../net/support.ts'
import { nodeId, startPartitions, type TestPartitions, topicOn } from '../partition/support.ts'

export type TestBroker = TestPartitions & {
  /** How much it logs. */
  readonly log: Services['log']
  readonly port: number
  readonly groups: GroupCoordinator
  readonly held: HeldAnswers
  readonly fatal: unknown[]
  /** Topics that the controller was asked to make. */
  readonly asked: RequestOf<'CreateTopics'>['topics']
  client(): Promise<ClientConnection>
}

type StartOptions = { autoCreateTopics?: boolean; makeMembership?: () => GroupMembership }

/** One broker that answers on a port of this machine, with a controller that makes any topic. */
export async function startBroker(
  entries = new Map<string, string>(),
  { autoCreateTopics = false, makeMembership }: StartOptions = {},
): Promise<TestBroker> {
  const slabs = new Slabs({ clock: realClock, ...defaultNetLimits })
  const own = await startPartitions({ entries, services: { memory: slabs } })
  const fail = (error: unknown) => void listener.fatal.push(error)
  const groups = new GroupCoordinator({
    nodeId,
    partitions: own.partitions,
    clock: realClock,
    log: silentLogger,
    settings: coordinatorSettings(entries),
    makeMembership:
      makeMembership ??
      ((port) =>
        new ClassicGroups({
          clock: realClock,
          random: realRandom,
          log: silentLogger,
          port,
          settings: groupSettingsOf(entries),
        })),
    onFatal: fail,
  })
  onTestFinished(() => groups.stop())
  const fallen = new FallenBrokers(realClock)
  const held = new HeldAnswers({ clock: realClock, image: () => own.image })
  own.onImage = (changes, image) => {
    groups.apply(changes, image)
    fallen.apply(changes)
    held.look()
  }
  const asked: RequestOf<'CreateTopics'>['topics'] = []
  let nextProducerId = 1_000
  const log: Services['log'] = { info() {}, level: 'info' }
  const services: Services = {
    nodeId,
    clusterId: 'the-cluster',
    clock: realClock,
    random: realRandom,
    log,
    entries,
    autoCreateTopics,
    image: () => own.image,
    partitions: own.partitions,
    replicaSessions: { fetch: () => Promise.reject(new Error('nobody follows it')) },
    held,
    fallen,
    groups,
    logDirectory: {
      path: own.dataDirectory.path,
      room: () => Promise.resolve({ freeBytes: 7_000, sizeBytes: 10_000 }),
    },
    controller: controllerOf(own, asked),
    producerIds: { next: () => Promise.resolve(nextProducerId++) },
    onFatal: fail,
  }
  const handlers = createHandlers(services)
  const listener = await startListener({
    slabs,
    onRequest: (frame, connection) => handlers.handle(frame, connection, 'client'),
  })
  onTestFinished(() => listener[Symbol.asyncDispose]())
  const { port, fatal } = listener
  const endPoint = { name: 'client', host: '127.0.0.1', port, securityProtocol: 0 }
  own.tell(
    metadataRecord('RegisterBrokerRecord', {
      brokerId: nodeId,
      brokerEpoch: 1,
      incarnationId: uuid(77),
      endPoints: [endPoint],
      features: [],
      rack: null,
      logDirs: [],
    }),
    metadataRecord('BrokerRegistrationChangeRecord', {
      brokerId: nodeId,
      brokerEpoch: 1,
      fenced: -1,
    }),
  )
  return Object.assign(own, {
    port,
    groups,
    held,
    fatal,
    asked,
    log,
    async client() {
      const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
      onTestFinished(() => connection.close())
      return connection
    },
  })
}

/** Answers in the place of a controller, and tells the broker of it at once. */
function controllerOf(
  own: TestPartitions,
  asked: RequestOf<'CreateTopics'>['topics'],
): ControllerLink {
  let topics = 0
  const forward = (name: string, _version: number, request: unknown): Promise<unknown> => {
    if (name === 'CreateTopics') {
      const { topics: wanted } = request as RequestOf<'CreateTopics'>
      asked.push(...wanted)
      const made = wanted.map(({ name, numPartitions }) => {
        const topicId = uuid(100 + topics++)
        own.tell(...topicOn(name, topicId, { count: Math.max(1, numPartitions) }))
        return { name, topicId, errorCode: 0, errorMessage: null, configs: [] }
      })
      return Promise.resolve({ throttleTimeMs: 0, topics: made })
    }
    const responses = (request as RequestOf<'DeleteTopics'>).topicNames.map((name) => {
      const topicId = own.image.topicIds.get(name) as string
      own.tell(metadataRecord('RemoveTopicRecord', { topicId }))
      return { name, topicId, errorCode: 0, errorMessage: null }
    })
    return Promise.resolve({ throttleTimeMs: 0, responses })
  }
  return { forward: forward as ControllerLink['forward'], caughtUp: () => Promise.resolve() }
}
