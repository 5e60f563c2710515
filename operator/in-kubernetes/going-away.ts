import { group } from '../api/group.ts'
import { Topic } from '../api/topic/topic.ts'
import { foundIn } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import type { Kind } from '../kube/api/requests/paths.ts'
import { kindNamed } from './kinds.ts'

/**
 * Whether what holds the topics of a namespace goes, or has gone: the namespace, or the definition of
 * Topics. Then it is not the topics that somebody wanted to be deleted (safety rules, case 14).
 *
 * @throws {KubeError} If that is not known.
 */
export async function isGoingAway(client: KubeClient, namespace: string): Promise<boolean> {
  const options = { metadataOnly: true }
  const space = foundIn(await client.get(kindNamed('Namespace'), { name: namespace }, options))
  if (space === undefined || space.metadata.deletionTimestamp !== undefined) return true
  const name = `${Topic.plural}.${group}`
  const definition = foundIn(await client.get(definitionKind, { name }, options))
  return definition === undefined || definition.metadata.deletionTimestamp !== undefined
}

const definitionKind: Kind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}
