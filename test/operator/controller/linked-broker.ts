import { onTestFinished } from 'vitest'
import { ControllerAddresses } from '../../../broker/controller-link/controller-addresses.ts'
import { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import { MetadataCopy } from '../../../broker/metadata/files/metadata-copy.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { dialInternal } from '../../../broker/net/dial-internal.ts'
import { realClock } from '../../../lib/clock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { lookupAll } from '../../../lib/lookup-all.ts'
import { realRandom } from '../../../lib/random.ts'
import { newUuid } from '../../../operator/controller/new-uuid.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'

/** A broker as far as the controller sees one: its own tie to that, gone at the end of the test. */
export function startBroker(
  brokerId: number,
  port: number,
  { own = secret }: { own?: Uint8Array } = {},
) {
  const files = new SimulatedDisk(brokerId).files()
  files.makeDirectory('/data')
  const copy = MetadataCopy.open({
    files,
    clock: realClock,
    directory: '/data/metadata',
    onFull: fatal,
  })
  const images: MetadataImage[] = []
  const said: string[] = []
  const dialling = {
    clock: realClock,
    random: realRandom,
    secret: own,
    clientId: `broker-${brokerId}`,
  }
  const say = (message: string, fields = {}) =>
    void said.push(JSON.stringify({ message, ...fields }))
  const link = new ControllerLink({
    controllers: new ControllerAddresses([{ host: '127.0.0.1', port }], {
      lookup: lookupAll,
      clock: realClock,
    }),
    dial: (address) => dialInternal(address, dialling),
    registration: {
      brokerId,
      clusterId,
      incarnationId: newUuid(realRandom),
      rack: null,
      listeners: [{ name: 'client', host: 'localhost', port: 9_092 + brokerId }],
      features: [],
      directoryIds: [newUuid(realRandom)],
      heartbeatIntervalMs: 500,
      previousBrokerEpoch: -1,
      isCacheKept: true,
    },
    copy,
    failedDirectoryIds: () => [],
    logOf: () => undefined,
    clock: realClock,
    random: realRandom,
    onImage: (_, image) => void images.push(image),
    log: { ...silentLogger, info: say, warn: say, error: say },
    abandonedAfterMs: null,
    onAbandoned: () => {},
    onFatal: fatal,
  })
  link.start()
  onTestFinished(() => link.stop())
  return { link, copy, images, said }
}

/** Waits for something to come about. */
export async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('it does not come about')
    await new Promise((resolve) => void setTimeout(resolve, 5))
  }
}

function fatal(error: unknown): never {
  throw error
}
