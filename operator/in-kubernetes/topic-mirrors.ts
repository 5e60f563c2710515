import { type TopicImage, topicNamed } from '../../broker/metadata/image.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { Readiness } from '../condition.ts'
import { valueOf, valueUnless } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import { mirrorNames } from '../topic/mirror-name.ts'
import { goneMark, noGoneMark, planMirror } from '../topic/plan-mirror.ts'
import { type MadeIn, topicReadiness } from '../topic/topic-readiness.ts'
import { type ActingClient, actingClient } from './acting-client.ts'
import type { Happenings } from './happenings.ts'
import { read, topicKey } from './keys.ts'
import type { KubeCluster } from './kube-cluster.ts'
import type { Found, WatchedObjects } from './watched-objects.ts'

export type TopicMirrorsOptions = {
  readonly client: KubeClient
  readonly watched: WatchedObjects
  readonly happenings: Happenings
  /** Whether nobody else does, as of now. */
  readonly mayAct: () => boolean
  /** @param name `namespace/name` */
  readonly clusterNamed: (name: string) => KubeCluster | undefined
  /** Has a key of the queue worked on. */
  readonly ask: (key: string) => void
}

type TopicPlace = {
  readonly namespace: string
  readonly clusterName: string
  readonly topicName: string
}

/** Resources that only show topics which clients made (docs/decisions/0014). */
export class TopicMirrors {
  readonly #options: TopicMirrorsOptions
  readonly #acting: ActingClient

  constructor(options: TopicMirrorsOptions) {
    this.#options = options
    this.#acting = actingClient(options.client, options.mayAct)
  }

  /**
   * Shows a topic that a client made, or has changed.
   *
   * @param path `<namespace>/<cluster>/<topic>`
   * @throws {KafkaError} {KubeError}
   */
  async show(path: string): Promise<void> {
    const { client, clusterNamed, ask } = this.#options
    const [namespace = '', clusterName = '', topicName = ''] = path.split('/')
    const cluster = clusterNamed(`${namespace}/${clusterName}`)
    const image = cluster?.image
    if (cluster === undefined || image === undefined) return
    const topic = topicNamed(image, topicName)
    const held = this.#placeOf({ namespace, clusterName, topicName })
    if (held === undefined) return // others have all names that it could have
    const { name, found } = held
    if (topic === undefined) {
      if (found !== undefined) ask(topicKey(found))
      return
    }
    const place = { name: clusterName, namespace, uid: cluster.uid }
    const plan = planMirror(image, topic, { cluster: place, name, found })
    if (plan.type === 'record') {
      await cluster.controller.mirrorTopic({ topicId: topic.id, resourceUid: plan.uid })
    } else if (plan.type !== 'nothing') {
      const options = { metadataOnly: true }
      const answer = await client.apply(Topic, { namespace, name }, plan.mirror, options)
      const { uid } = valueOf(answer).metadata
      await cluster.controller.mirrorTopic({ topicId: topic.id, resourceUid: uid })
    }
  }

  /** How a resource is whose topic is there. */
  readiness(topic: Topic, made: TopicImage, cluster: MadeIn): Readiness {
    this.#options.ask(`Mirror/${clusterKeyOf(topic)}/${made.name}`)
    return made.owner?.origin === 'protocol' ? topicReadiness(made, cluster) : conflict
  }

  /**
   * When what it shows is gone, so is a resource that only shows it.
   *
   * @throws {KafkaError} NOT_CONTROLLER: another may act, and know a topic that is not known here.
   *   {KubeError}
   */
  async remove(
    resource: Found<object>,
    topic: Topic,
    { resource: cluster }: KubeCluster,
  ): Promise<void> {
    const isDone = await this.#delete(resource)
    const note = `a client deleted topic ${topicNameOf(topic)}, and so the Topic that showed it is deleted`
    if (isDone) this.#options.happenings.cluster(cluster, 'TopicDeleted', note)
  }

  /** Takes the mark away of an operator that knew less, and was about to delete it. @throws {KubeError} */
  async keep({ metadata }: Found<object>): Promise<void> {
    const { namespace, name, uid } = metadata
    const patch = { metadata: { uid, ...noGoneMark } }
    const answer = await this.#options.client.mergePatch(Topic, { namespace, name }, patch, {
      metadataOnly: true,
    })
    valueUnless(answer, 'not-found', 'conflict')
  }

  /** The topic that an operator did not know of, if it is there, gets another resource. */
  async showAgain(topic: Topic, uid: string, { controller }: KubeCluster): Promise<void> {
    const found = topicNamed(controller.image, topicNameOf(topic))
    if (found !== undefined) await controller.forgetMirror({ topicId: found.id, resourceUid: uid })
  }

  /** @returns Whether it was as it is known here; if not, another one is told. */
  async #delete({ metadata }: Found<object>): Promise<boolean> {
    const { namespace, name, uid, resourceVersion } = metadata
    const place = { namespace, name }
    const mark = { metadata: { uid, resourceVersion, ...goneMark } }
    const marking = await this.#acting().mergePatch(Topic, place, mark, { metadataOnly: true })
    const marked = valueUnless(marking, 'not-found', 'conflict')
    if (marked === undefined) return false
    // Whoever knows the topic takes the mark away: then it is not to be deleted.
    const version = { uid, resourceVersion: marked.metadata.resourceVersion }
    const deleting = await this.#acting().delete(Topic, place, version)
    valueUnless(deleting, 'not-found', 'conflict')
    return deleting.ok
  }

  /** The resource that shows a topic, or the name that it is to have. */
  #placeOf({ namespace, clusterName, topicName }: TopicPlace) {
    const places = mirrorNames(topicName, clusterName).map((name) => {
      const object = this.#options.watched.topic(`${namespace}/${name}`)
      return { name, found: object && read(Topic, object) }
    })
    const clusterKey = `${namespace}/${clusterName}`
    const isOwn = (found: Topic | undefined) => {
      if (found === undefined) return false
      return clusterKeyOf(found) === clusterKey && topicNameOf(found) === topicName
    }
    return (
      places.find(({ found }) => isOwn(found)) ?? places.find(({ found }) => found === undefined)
    )
  }
}

const conflict: Readiness = {
  status: 'False',
  reason: 'Conflict',
  message: "the topic is another resource's: this one may be deleted",
}
