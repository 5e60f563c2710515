import type { StorageError } from '../lib/storage-error.ts'
import { coordinatorSettings } from './coordinator/coordinator-settings.ts'
import { ClassicGroups } from './coordinator/group/classic-groups.ts'
import { groupSettingsOf } from './coordinator/group/settings.ts'
import { GroupCoordinator } from './coordinator/group-coordinator.ts'
import { FallenBrokers } from './handlers/fallen-brokers.ts'
import { createHandlers } from './handlers/handlers.ts'
import { HeldAnswers } from './handlers/held-answers.ts'
import { Partitions } from './partition/partitions.ts'
import { BrokerReplication } from './replication/broker-replication.ts'
import type { MakeServing } from './serving.ts'

/** The partitions and groups of a broker, and what answers requests for them. */
export const serveClients: MakeServing = (parts) => {
  const { log } = parts
  const entries = new Map(Object.entries({ ...parts.config, ...parts.ownSettings }))
  const report = (problem: StorageError) => {
    parts.health.met(problem)
    log.error('a log cannot be used', { reason: problem.message })
  }
  const held = new HeldAnswers(parts)
  const fallen = new FallenBrokers(parts.clock)
  const replication = new BrokerReplication({ ...parts, suspects: held }, () => partitions)
  const partitions: Partitions = new Partitions({ ...parts, entries, report, replication })
  const groups = new GroupCoordinator({
    ...parts,
    partitions,
    settings: coordinatorSettings(entries),
    makeMembership: (port) =>
      new ClassicGroups({ ...parts, port, settings: groupSettingsOf(entries) }),
  })
  const logDirectory = { path: parts.dataDirectory.path, room: parts.diskRoom }
  const handlers = createHandlers({
    ...parts,
    entries,
    partitions,
    replicaSessions: replication.sessions,
    held,
    fallen,
    groups,
    logDirectory,
  })
  return {
    handle: (frame, connection, listener) => handlers.handle(frame, connection, listener),
    apply(changes, image) {
      partitions.apply(changes, image)
      groups.apply(changes, image)
      fallen.apply(changes)
      held.look()
    },
    maintained: () => partitions.maintained(),
    traffic: partitions.traffic,
    get timesSentAway() {
      return partitions.timesSentAway
    },
    onFlushed: (own) => partitions.flushed(own),
    drain() {
      held.drain()
      groups.stop()
      partitions.drain()
      replication.drain()
    },
    async stop() {
      groups.stop()
      await replication.stop()
      partitions.stop()
    },
  }
}
