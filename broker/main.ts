import { runProcess } from './run-process.ts'
import { serveNothing } from './serve-nothing.ts'

// `node broker/main.ts --config FILE.json`: one broker.
await runProcess(process.argv.slice(2), serveNothing)
