/** Settings of a producer by its client's own names; what is not given has its default. */
export type Profiles = Readonly<Record<'default' | 'recommended', Readonly<Record<string, string>>>>

/** Of librdkafka 2.16. By default it is not idempotent, so that a retry may write a record twice. */
const librdkafka: Profiles = {
  default: { acks: 'all' },
  recommended: {
    acks: 'all',
    'enable.idempotence': 'true',
    'retry.backoff.ms': '20', // 100: the wait after an answer that a leader is no leader any more
    'retry.backoff.max.ms': '200', // 1000
    'reconnect.backoff.ms': '10', // 100
    'reconnect.backoff.max.ms': '200', // 10000: of a broker that is away for long
    'topic.metadata.refresh.fast.interval.ms': '50', // 100: while a partition has no leader
    'socket.timeout.ms': '2000', // 60000: caps each request, so what a silent broker costs
  },
}

/** Of Kafka's own Java client 4.3, which is idempotent by default. */
const java: Profiles = {
  default: { acks: 'all' },
  recommended: {
    acks: 'all',
    'retry.backoff.ms': '20', // 100
    'retry.backoff.max.ms': '200', // 1000
    'reconnect.backoff.ms': '10', // 50
    'reconnect.backoff.max.ms': '200', // 1000
    'request.timeout.ms': '2000', // 30000
  },
}

/** What each client is set to. Defaults stand behind what differs. */
export const profiles = { librdkafka, java } as const
