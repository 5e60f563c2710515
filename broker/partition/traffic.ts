/** What went through a broker, of one topic or of all. Plain numbers, since each batch is counted. */
export class Traffic {
  messagesIn = 0
  bytesIn = 0
  bytesOut = 0
  /** Of partitions in requests, as Kafka counts. */
  produceRequests = 0
  fetchRequests = 0
  failedProduceRequests = 0
  failedFetchRequests = 0
}

/** The traffic of a broker. A topic that is gone counts on in the sum, and has no line of its own. */
export class BrokerTraffic {
  readonly all = new Traffic()
  readonly #topics = new Map<string, { readonly name: string; readonly traffic: Traffic }>()

  of({ topicId, topic: name }: { topicId: string; topic: string }): TopicTraffic {
    let own = this.#topics.get(topicId)
    if (own === undefined) {
      own = { name, traffic: new Traffic() }
      this.#topics.set(topicId, own)
    }
    return new TopicTraffic(own.traffic, this.all)
  }

  forget(topicId: string): void {
    this.#topics.delete(topicId)
  }

  topics(): Iterable<{ readonly name: string; readonly traffic: Traffic }> {
    return this.#topics.values()
  }
}

/** Counts for a topic and for the sum. */
export class TopicTraffic {
  readonly #own: Traffic
  readonly #all: Traffic

  constructor(own: Traffic, all: Traffic) {
    this.#own = own
    this.#all = all
  }

  produced(bytes: number, messages: number): void {
    countProduced(this.#own, bytes, messages)
    countProduced(this.#all, bytes, messages)
  }

  fetched(bytes: number): void {
    countFetched(this.#own, bytes)
    countFetched(this.#all, bytes)
  }

  failed(request: 'produce' | 'fetch'): void {
    countFailure(this.#own, request)
    countFailure(this.#all, request)
  }
}

function countProduced(traffic: Traffic, bytes: number, messages: number): void {
  traffic.produceRequests += 1
  traffic.bytesIn += bytes
  traffic.messagesIn += messages
}

function countFetched(traffic: Traffic, bytes: number): void {
  traffic.fetchRequests += 1
  traffic.bytesOut += bytes
}

/** @param traffic Of a topic, or the sum alone where there is no such topic. */
export function countFailure(traffic: Traffic, request: 'produce' | 'fetch'): void {
  if (request === 'produce') {
    traffic.produceRequests += 1
    traffic.failedProduceRequests += 1
  } else {
    traffic.fetchRequests += 1
    traffic.failedFetchRequests += 1
  }
}
