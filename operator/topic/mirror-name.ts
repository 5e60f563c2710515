import { shortHash } from '../../lib/short-hash.ts'

/**
 * What a resource is called that shows a topic: the same, where Kubernetes allows it; or, where another
 * topic is called so already in that namespace, such as one of another cluster, the second.
 */
export function mirrorNames(topicName: string, clusterName: string): readonly string[] {
  const name = allowedName(topicName)
  const stem = name.slice(0, mostStem).replaceAll(/[-.]+$/g, '')
  return [name, `${stem}-${shortHash(JSON.stringify([clusterName, topicName]))}`]
}

function allowedName(topicName: string): string {
  const isAllowed = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
  if (isAllowed.test(topicName)) return topicName
  const plain = topicName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const stem = plain.replaceAll(/^-+|-+$/g, '').slice(0, mostStem)
  return [...(stem === '' ? [] : [stem]), shortHash(topicName)].join('-')
}

/** A name may have 253 characters. */
const mostStem = 200
