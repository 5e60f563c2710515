/** Appends to a metadata log, and says up to which offset it was told that it has, until superseded. */
import { writeSync } from 'node:fs'
import { positionOf } from '../../broker/metadata/position.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { KubernetesStore } from '../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { metadataObjects } from '../../operator/in-kubernetes/metadata-objects.ts'
import { openKubeApi } from '../support/kube-parts.ts'
import { epochRecord, owner, settingRecord } from './metadata-log-parts.ts'

const [url = '', name = ''] = process.argv.slice(2)
const credentials = { tls: {}, headers: {} }
const api = openKubeApi({ url, credentials: async () => credentials })
const store = new KubernetesStore({
  objects: metadataObjects(api.log, 'default'),
  clock: realClock,
  random: realRandom,
  owner: owner(name),
  clusterId: name,
  isKnown: false,
  onUndecided: () => {},
})
const { state } = await store.open()
let appended = await store.append(positionOf(state), [epochRecord(state)])
for (let count = 0; appended.type === 'appended'; count++) {
  writeSync(1, `${appended.position.offset}\n`)
  appended = await store.append(appended.position, [settingRecord('zombie', count)])
}
writeSync(1, 'superseded\n')
store.close()
await api.close()
process.exit(0)
