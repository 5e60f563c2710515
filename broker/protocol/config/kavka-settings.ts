import type { KafkaSetting } from './setting.ts'

/**
 * What kavka has and Kafka has not. The prefix keeps clear of names that Kafka may come to use. Of a
 * broker they hold for all topics that do not have their own.
 */
export const kavkaSettings = {
  'kavka.flush': { type: 'string', default: 'PageCache', values: ['PageCache', 'Always'] },
} as const satisfies Record<string, KafkaSetting>

/** Where a setting is described. */
export function sourceOf(name: string, anchors: 'topicconfigs' | 'brokerconfigs'): string {
  return name in kavkaSettings
    ? 'docs/decisions/0006-log-durability.md'
    : `https://kafka.apache.org/documentation/#${anchors}_${name}`
}
