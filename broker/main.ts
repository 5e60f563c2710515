import { flushCompileCache } from 'node:module'
import { runProcess } from './run-process.ts'
import { serveClients } from './serve-clients.ts'

// `node broker/main.ts --config FILE.json`: one broker.
await runProcess(process.argv.slice(2), serveClients)
// Where whoever starts it says NODE_COMPILE_CACHE: a process that is killed writes none at its end.
flushCompileCache()
