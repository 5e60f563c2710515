import { parseArgs } from 'node:util'
import { whyNoConfluentKafka } from '../clients/tools.ts'
import { isAmiss, runChaos } from './chaos.ts'

/**
 * `node test/chaos/main.ts [--seed N] [--seconds N] [--partitions N] [--only FAULT,FAULT] [--flush]
 * [--keep FOLDER]`: hurts three real brokers for so long while librdkafka writes and reads, and prints what became of
 * all records. It ends with 1 if anything is lost, twice, out of order, or not the same on all brokers; `--keep` has
 * the data copied then.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    seconds: { type: 'string', default: '60' },
    partitions: { type: 'string', default: '6' },
    only: { type: 'string' },
    flush: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
})

const missing = whyNoConfluentKafka()
if (missing !== undefined) throw new Error(missing)
console.log(`seed ${values.seed}`)
const outcome = await runChaos({
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  partitions: Number(values.partitions),
  config: values.flush ? { 'kavka.flush': 'Always' } : {},
  tell: (line) => console.log(line),
  ...(values.only === undefined ? {} : { only: values.only.split(',') }),
  ...(values.keep === undefined ? {} : { keepIn: values.keep }),
})
console.log(JSON.stringify(outcome, undefined, 2))
process.exit(isAmiss(outcome) ? 1 : 0)
