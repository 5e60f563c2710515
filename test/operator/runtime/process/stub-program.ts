import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { exitCodes } from '../../../../broker/exit.ts'
import { realClock } from '../../../../lib/clock.ts'
import { acquireLock } from '../../../../lib/kernel-lock.ts'
import { realFiles } from '../../../../lib/real-files.ts'

// What the runtime sees of a broker, and no more: it has its data, a port, and ends as it is told.
const [, , , file] = process.argv
const { nodeId, dataDir, metricsPort, listeners, config } = JSON.parse(
  readFileSync(file as string, 'utf8'),
) as {
  nodeId: number
  dataDir: string
  metricsPort: number
  listeners: { client: { host: string } }
  config: Record<string, string>
}

function end(code: number, line: string): never {
  process.stderr.write(`kavka broker: ${line}\n`)
  process.exit(code)
}

process.on('SIGTERM', () => {
  if (config['stub.deaf'] === undefined) process.exit(exitCodes.stopped)
})
if (config['stub.refuses'] !== undefined) {
  end(exitCodes.badConfiguration, config['stub.refuses'])
}
realFiles.makeDirectory(dataDir)
const lock = { waitMs: 500, clock: realClock, describe: `stub ${nodeId}` }
await acquireLock(`${dataDir}/.lock`, lock).catch((error: Error) => {
  end(exitCodes.dataRefused, error.message)
})
// Another program had the port for a moment, only.
const refusal = config['stub.port-taken-once']
if (refusal !== undefined && !existsSync(refusal)) {
  mkdirSync(refusal)
  end(exitCodes.portTaken, 'the address is in use')
}
createServer()
  .on('error', (error) => end(exitCodes.portTaken, error.message))
  .listen(metricsPort, listeners.client.host, () => process.stdout.write('listens\n'))
