import type { VersionRange } from '../../../broker/metadata/image.ts'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../../broker/net/network-error.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { sleep } from '../../../lib/clock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import type { ControllerSettings } from '../../../operator/controller/controller.ts'
import { ControllerHost } from '../../../operator/controller/controller-host.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import { giveWayAgainMs, giveWayMs } from '../../../operator/in-kubernetes/give-way.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Transport } from '../core/transport.ts'
import type { Place } from './histories.ts'
import { doorAt } from './kafka-door.ts'
import type { SharedLease } from './lease.ts'
import type { SharedStore } from './store/shared-store.ts'
import type { Witness } from './witness.ts'

export const controllerPort = 9_191

export type ControllerNodeOptions = {
  readonly transport: Transport
  readonly store: SharedStore
  /** One for each controller. */
  readonly newWitness: (missing: Place | undefined) => Witness
  readonly lease: SharedLease
  readonly clusterId: string
  readonly secret: Uint8Array
  readonly settings: ControllerSettings
  /** Its version: see `Versions`. */
  readonly readsUpTo: number
  /** What operators read, as far as this one knows. */
  readonly operators: () => ReadonlyMap<string, VersionRange | undefined>
  /** The log is of a newer version. @returns Whether there is somebody to whom it can give way. */
  readonly onTooNew: () => boolean
}

/** What is seen of an operator. */
export type ControllerNode = {
  /** Whether it is the one that acts, as far as it knows. */
  readonly isHolder: () => boolean
  /** Why it decides nothing, or undefined. */
  readonly problem: () => string | undefined
  /** How often it went on after it had stopped, since brokers knew more than the log. */
  readonly timesGoneOn: () => number
}

/** One life of an operator, as far as one cluster is concerned: its controller runs while it has the Lease. */
export function startController(node: Incarnation, options: ControllerNodeOptions): ControllerNode {
  const { transport, store, newWitness, lease, clusterId, secret, settings } = options
  const { readsUpTo, operators, onTooNew } = options
  const fail = (error: unknown) => node.world.failWith('Exception', error)
  let isHolder = false
  let mayGiveWayMs = 0
  let timesGoneOn = 0
  let problem: (() => string | undefined) | undefined
  node.start(async () => {
    let host: ControllerHost | undefined
    for (;;) {
      isHolder = lease.take(node.name)
      if (isHolder) host ??= await begun()
      else if (host !== undefined) {
        const deposed = host
        host = undefined
        problem = undefined
        await deposed.close()
      }
      await sleep(node.clock, renewMs)
    }
  })
  return {
    isHolder: () => isHolder,
    problem: () => problem?.(),
    timesGoneOn: () => timesGoneOn,
  }

  /** As the operator on Kubernetes does. */
  function giveWay(): void {
    const nowMs = node.clock.monotonicMs()
    if (nowMs < mayGiveWayMs || !onTooNew()) return
    mayGiveWayMs = nowMs + giveWayAgainMs
    lease.giveWay(node.name, giveWayMs)
    isHolder = false
  }

  /** Undefined where the store or the port cannot be had: it is tried again. */
  async function begun(): Promise<ControllerHost | undefined> {
    let witness: Witness | undefined
    /** What brokers know of, and the log did not have when it was stopped for that. */
    let missing: Place | undefined
    let current: ControllerHost | undefined
    try {
      const host = await ControllerHost.start(
        {
          clusterId,
          secret,
          openDoor: doorAt(transport, controllerPort, (frame) => witness?.asked(frame)),
          clock: node.clock,
          random: node.random('controller'),
          readsUpTo,
          async operators() {
            await sleep(node.clock, 5)
            witness?.asksOperators()
            return operators()
          },
          onTooNew: giveWay,
          onFatal: fail,
          openStore() {
            witness = newWitness(missing)
            return witness.on(store.storeOf(node))
          },
          log: silentLogger,
          onImage() {
            // At the first nobody knows the host yet.
            if (current !== undefined) witness?.decidesOn(current.image)
          },
          onChange() {
            const why = problem?.()
            if (missing !== undefined && why === undefined) {
              missing = undefined
              timesGoneOn++
            }
            if (why?.includes(decidesNoMore) !== true) return
            missing = witness?.parted
            if (missing === undefined) node.world.fail('StopsForNothing', `${node.name}: ${why}`)
          },
        },
        settings,
      )
      current = host
      problem = () => host.problem
      return host
    } catch (error) {
      const isKnown =
        error instanceof KafkaError ||
        error instanceof NetworkError ||
        error instanceof StoreError ||
        error instanceof StorageError ||
        error instanceof MetadataError
      if (!isKnown) throw error
      problem = () => error.message
      return undefined
    }
  }
}

/** What a controller says that has found that brokers know more than the log. */
const decidesNoMore = 'Nothing is decided any more'
const renewMs = 1_000
