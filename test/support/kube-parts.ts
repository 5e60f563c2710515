import type { Clock } from '../../lib/clock.ts'
import { realClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { realRandom } from '../../lib/random.ts'
import type { ApiServer } from '../../operator/kube/api/access/api-server.ts'
import { KubeApi } from '../../operator/kube/api/kube-api.ts'
import type { KubeObject } from '../../operator/kube/api/requests/kube-object.ts'
import type { Delivery } from '../../operator/kube/api/watch/watch.ts'

/** A client of an API server that is closed with its test. */
export function openKubeApi(
  server: ApiServer,
  clock: Clock = realClock,
): KubeApi & AsyncDisposable {
  const api = new KubeApi({ server, clock, random: realRandom, logger: silentLogger })
  return Object.assign(api, { [Symbol.asyncDispose]: () => api.close() })
}

/** What a consumer of a watch comes to know: what is there, and what it saw to be deleted. */
export class Seen<T extends KubeObject> {
  readonly objects = new Map<string, T>()
  readonly deletedUids: string[] = []
  lists = 0

  readonly deliver = (delivery: Delivery<T>): void => {
    if (delivery.type === 'listed') {
      this.lists++
      this.objects.clear()
      for (const object of delivery.objects) this.objects.set(object.metadata.name, object)
    } else if (delivery.type === 'applied') {
      this.objects.set(delivery.object.metadata.name, delivery.object)
    } else {
      this.objects.delete(delivery.object.metadata.name)
      this.deletedUids.push(delivery.object.metadata.uid)
    }
  }

  get names(): string[] {
    return [...this.objects.keys()].toSorted()
  }
}
