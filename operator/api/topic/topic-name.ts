import type { Pattern } from '../schema/fields.ts'

/** What a topic may be called: `.` and `..` would be folders. Source: Kafka's Topic.validate. */
export const topicNamePattern: Pattern = {
  match: /^([a-zA-Z0-9_-][a-zA-Z0-9._-]*|\.[a-zA-Z0-9_-][a-zA-Z0-9._-]*|\.\.[a-zA-Z0-9._-]+)$/,
  says: 'letters, digits, ., _ and -, but not . or ..',
}

/** Its name for Kafka's clients. */
export function topicNameOf(topic: {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly topicName?: string }
}): string {
  return topic.spec.topicName ?? topic.metadata.name
}

/**
 * Kafka takes no two topics whose names differ in `.` and `_` only: its metrics could not tell them
 * apart. Names with the same of these collide. Source: Kafka's Topic.unifyCollisionChars.
 */
export function collisionName(topicName: string): string {
  return topicName.replaceAll('.', '_')
}
