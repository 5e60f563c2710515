/**
 * Keeps as fixtures what a real Kafka wrote into its data directory, once stopped in order and once
 * killed. Needs Java and Maven, and downloads a whole Kafka the first time.
 *
 *   node scripts/capture-logs.ts
 */
import { endings, writeKafkaLogs } from '../test/support/kafka-logs.ts'
import { captureLogs } from './kafka/capture-logs.ts'
import { whyNoKafka } from './kafka/jars.ts'

const missing = whyNoKafka()
if (missing !== undefined) throw new Error(missing)

for (const ending of endings) writeKafkaLogs(ending, await captureLogs(ending))
