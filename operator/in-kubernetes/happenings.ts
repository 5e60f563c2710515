import type { Fields, Logger } from '../../lib/logger.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { Topic } from '../api/topic/topic.ts'
import type { EventRecorder } from '../kube/api/events/event-recorder.ts'
import type { KubeObject } from '../kube/api/requests/kube-object.ts'

/** What the operator did, for those who look after it: in its log, and as Events. */
export class Happenings {
  readonly #events: EventRecorder
  readonly #logger: Logger

  constructor(events: EventRecorder, logger: Logger) {
    this.#events = events
    this.#logger = logger
  }

  cluster(resource: KafkaCluster, reason: ClusterReason, note: string): void {
    this.#record(KafkaCluster, resource, { reason, note, ...ofCluster[reason] })
  }

  topic(resource: Topic, reason: 'Reconciled', note: string): void {
    this.#record(Topic, resource, { reason, note, type: 'Normal', action: 'ReconcileTopic' })
  }

  #record(
    { apiVersion, kind }: { apiVersion: string; kind: string },
    { metadata }: KafkaCluster | Topic,
    what: { type: 'Normal' | 'Warning'; reason: string; action: string; note: string },
  ): void {
    const { namespace, name } = metadata
    const fields: Fields = { kind, namespace, name, reason: what.reason }
    if (what.type === 'Warning') this.#logger.warn(what.note, fields)
    else this.#logger.info(what.note, fields)
    const regarding = { apiVersion, kind, metadata: metadata as KubeObject['metadata'] }
    this.#events.record({ regarding, ...what })
  }
}

/** Stable: people alert on them. */
export type ClusterReason = keyof typeof ofCluster

const ofCluster = {
  BrokerRestarted: { type: 'Normal', action: 'RestartBroker' },
  RackNotKnown: { type: 'Warning', action: 'RegisterBroker' },
  MassDeletion: { type: 'Warning', action: 'KeepTopics' },
  TopicDeleted: { type: 'Normal', action: 'DeleteTopic' },
  TopicKept: { type: 'Normal', action: 'KeepTopic' },
} as const
