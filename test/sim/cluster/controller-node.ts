import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../../broker/net/network-error.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { sleep } from '../../../lib/clock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import type { ControllerSettings } from '../../../operator/controller/controller.ts'
import { ControllerHost } from '../../../operator/controller/controller-host.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Transport } from '../core/transport.ts'
import { doorAt } from './kafka-door.ts'
import type { SharedLease } from './lease.ts'
import type { SharedStore } from './shared-store.ts'

export const controllerPort = 9_191

export type ControllerNodeOptions = {
  readonly transport: Transport
  readonly store: SharedStore
  readonly lease: SharedLease
  readonly clusterId: string
  readonly secret: Uint8Array
  readonly settings: ControllerSettings
}

/** One life of an operator, as far as one cluster is concerned: its controller runs while it has the Lease. */
export function startController(node: Incarnation, options: ControllerNodeOptions): void {
  const { transport, store, lease, clusterId, secret, settings } = options
  const fail = (error: unknown) => node.world.failWith('Exception', error)
  node.start(async () => {
    let host: ControllerHost | undefined
    for (;;) {
      const isHolder = lease.take(node.name)
      if (isHolder) host ??= await begun()
      else if (host !== undefined) {
        const deposed = host
        host = undefined
        await deposed.close()
      }
      await sleep(node.clock, renewMs)
    }
  })

  /** Undefined where the store or the port cannot be had: it is tried again. */
  async function begun(): Promise<ControllerHost | undefined> {
    try {
      return await ControllerHost.start(
        {
          clusterId,
          secret,
          openDoor: doorAt(transport, controllerPort),
          clock: node.clock,
          random: node.random('controller'),
          onFatal: fail,
          openStore: () => store.storeOf(node),
          log: silentLogger,
          onImage: () => {},
          onChange: () => {},
        },
        settings,
      )
    } catch (error) {
      const isKnown =
        error instanceof KafkaError ||
        error instanceof NetworkError ||
        error instanceof StoreError ||
        error instanceof MetadataError
      if (!isKnown) throw error
      return undefined
    }
  }
}

const renewMs = 1_000
