/** A broker with a mistake of ours in it: a promise that nobody sees rejects. */
import { runProcess } from '../../broker/run-process.ts'
import { stubServing } from './stub-serving.ts'

await runProcess(process.argv.slice(2), (parts) => ({
  ...stubServing(parts),
  apply() {
    void Promise.reject(new Error('nobody thought of this'))
  },
}))
