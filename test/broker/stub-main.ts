/** As broker/main.ts, with a stub behind the listeners. */
import { runProcess } from '../../broker/run-process.ts'
import { stubServing } from './stub-serving.ts'

await runProcess(process.argv.slice(2), stubServing)
