import { runProcess } from './run-process.ts'
import { serveClients } from './serve-clients.ts'

// `node broker/main.ts --config FILE.json`: one broker.
await runProcess(process.argv.slice(2), serveClients)
