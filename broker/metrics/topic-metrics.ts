import type { Metrics, Sample } from '../../lib/metrics.ts'
import type { BrokerTraffic, Traffic } from '../partition/traffic.ts'

/** What went through a broker, in all and by topic: the names of Kafka's BrokerTopicMetrics. */
export function addTopicMetrics(metrics: Metrics, traffic: () => BrokerTraffic | undefined): void {
  for (const [name, { help, read }] of Object.entries(counters)) {
    const samples = function* (): Generator<Sample> {
      const own = traffic()
      if (own === undefined) return
      yield { value: read(own.all) }
      for (const topic of own.topics()) {
        yield { value: read(topic.traffic), labels: { topic: topic.name } }
      }
    }
    const full = `kafka_server_brokertopicmetrics_${name}_total`
    metrics.add({ name: full, help, type: 'counter', collect: samples })
  }
}

type Counter = { readonly help: string; readonly read: (traffic: Traffic) => number }

const counters: Readonly<Record<string, Counter>> = {
  messagesin: { help: 'Records that producers sent.', read: ({ messagesIn }) => messagesIn },
  bytesin: { help: 'Bytes of batches that producers sent.', read: ({ bytesIn }) => bytesIn },
  bytesout: { help: 'Bytes of batches that consumers got.', read: ({ bytesOut }) => bytesOut },
  totalproducerequests: {
    help: 'Partitions in Produce requests.',
    read: ({ produceRequests }) => produceRequests,
  },
  totalfetchrequests: {
    help: 'Partitions in Fetch requests.',
    read: ({ fetchRequests }) => fetchRequests,
  },
  failedproducerequests: {
    help: 'Of those in Produce requests, how many were answered with an error.',
    read: ({ failedProduceRequests }) => failedProduceRequests,
  },
  failedfetchrequests: {
    help: 'Of those in Fetch requests, how many were answered with an error.',
    read: ({ failedFetchRequests }) => failedFetchRequests,
  },
}
