import type { Clock } from '../lib/clock.ts'
import type { HeldLock } from '../lib/kernel-lock.ts'
import type { Logger } from '../lib/logger.ts'
import type { MetricsServer } from '../lib/metrics-server.ts'
import type { BrokerListeners } from './broker-listeners.ts'
import type { DiskHealth } from './disk-health.ts'
import type { OpenedData } from './open-data.ts'
import type { Running } from './running.ts'
import { canHandOver, sendAway } from './send-away.ts'

/** All that is there of a broker that has started. */
export type BrokerParts = {
  readonly nodeId: number
  readonly log: Logger
  readonly clock: Clock
  readonly data: OpenedData
  readonly running: Running
  readonly health: DiskHealth
  readonly listeners: BrokerListeners
  readonly server: MetricsServer
  readonly stopMetrics: () => void
  readonly lock: HeldLock
}

/** Each step needs what the later ones take away. */
export async function stopBroker(parts: BrokerParts): Promise<{ clean: boolean }> {
  const { nodeId, log, clock, data, running, health, listeners, server, stopMetrics, lock } = parts
  const { link, serving, flusher, maintenance } = running
  const beganMs = clock.monotonicMs()
  log.info('stops')
  health.stop()
  const isMissed = canHandOver(link.image, nodeId)
  await link.prepareStop(handOverMs)
  if (isMissed) await sendAway(clock, () => serving.timesSentAway)
  serving.drain()
  await listeners.close({ drainMs })
  // Only now: what it was asked while it led is answered, and it may count as gone.
  const { brokerEpoch } = link
  await link.stop()
  await maintenance.stop() // which writes the last high watermarks
  await serving.stop()
  await flusher.stop()
  data.copy.close()
  const epoch = brokerEpoch >= 0 ? brokerEpoch : (data.directory.lastStop.brokerEpoch ?? -1)
  const { clean } = await data.directory.stop({ brokerEpoch: epoch })
  server.close()
  stopMetrics()
  lock.release()
  log.info('stopped', { clean, tookMs: Math.round(clock.monotonicMs() - beganMs) })
  return { clean }
}

/** All that a broker leads is elsewhere by then, or the controller is busy with worse. */
const handOverMs = 10_000
/** What is under way is answered in milliseconds; more is only asked of those who wait for others. */
const drainMs = 5_000
