import type { Terminal } from '../command.ts'
import type { LogPlace, WhyArguments } from './arguments.ts'
import { directoryLog } from './directory-log.ts'
import { historyLines } from './history-lines.ts'
import type { KnownLog } from './known-log.ts'
import { topicHistory } from './topic-history.ts'

/** Prints what happened. @throws {WhyError} @throws {UsageError} */
export async function runWhy(
  { topic, partition, place, json }: WhyArguments,
  { print }: Terminal,
): Promise<void> {
  const known = await logAt(place)
  const history = topicHistory(known, { topic, partition })
  if (json) print(JSON.stringify({ cluster: known.cluster, topic, ...history }, null, 2))
  else for (const line of historyLines(history)) print(line)
}

async function logAt(place: LogPlace): Promise<KnownLog> {
  if (place.type === 'directory') return directoryLog(place)
  const { kubernetesLog } = await import('./kubernetes-log.ts') // the other does without a client of its API
  return kubernetesLog(place)
}
