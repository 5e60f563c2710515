/** `npm run bench -- NAME`: figures beside the floor and beside others, in one run. */
import { cpus } from 'node:os'
import { benchBroker } from './broker/main.ts'
import { benchController } from './controller/main.ts'
import { benchFailover } from './failover/main.ts'
import { benchGroups } from './groups/main.ts'
import { benchLog } from './log/main.ts'
import { benchMetadata } from './metadata/main.ts'
import { benchProtocol } from './protocol/main.ts'
import { benchReplication } from './replication/main.ts'

const benches: Record<string, (part?: string) => Promise<void>> = {
  protocol: benchProtocol,
  log: benchLog,
  broker: benchBroker,
  metadata: benchMetadata,
  groups: benchGroups,
  controller: benchController,
  failover: benchFailover,
  replication: benchReplication,
}

const [name = '', part] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`npm run bench -- NAME, where NAME is one of: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
const [{ model } = { model: 'unknown' }, ...others] = cpus()
console.log(`${model}, ${others.length + 1} cores, Node ${process.version}\n`)
await bench(part)
