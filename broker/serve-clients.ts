import type { StorageError } from '../lib/storage-error.ts'
import { createHandlers } from './handlers/handlers.ts'
import { Partitions } from './partition/partitions.ts'
import type { MakeServing } from './serving.ts'

/** The partitions of a broker, and what answers requests for them. */
export const serveClients: MakeServing = (parts) => {
  const { log } = parts
  const entries = new Map(Object.entries({ ...parts.config, ...parts.ownSettings }))
  const report = (problem: StorageError) => {
    parts.health.met(problem)
    log.error('a log cannot be used', { reason: problem.message })
  }
  const partitions = new Partitions({ ...parts, entries, report })
  const logDirectory = { path: parts.dataDirectory.path, room: parts.diskRoom }
  const handlers = createHandlers({ ...parts, entries, partitions, logDirectory })
  return {
    handle: (frame, connection, listener) => handlers.handle(frame, connection, listener),
    apply: (changes, image) => partitions.apply(changes, image),
    maintained: () => partitions.maintained(),
    traffic: partitions.traffic,
    onFlushed: (own) => partitions.flushed(own),
    drain: () => partitions.drain(),
    stop: () => partitions.stop(),
  }
}
