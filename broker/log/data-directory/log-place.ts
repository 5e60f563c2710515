import type { LogConfig } from '../log-config.ts'
import type { LogOptions } from '../log-options.ts'
import type { Checkpoints } from './checkpoints.ts'
import { partitionName, type TopicPartition } from './partition-name.ts'

/** What all logs of a data directory share. */
export type SharedPlace = {
  readonly path: string
  readonly checkpoints: Checkpoints
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
}

/**
 * Where the log of a partition lies, as the log itself asks for it. Nothing is made ahead: of a
 * hundred thousand replicas most may never have a batch, and each path and closure would count.
 */
export class LogPlace implements LogOptions {
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  private readonly shared: SharedPlace

  constructor({ topic, partition }: TopicPartition, config: LogConfig, shared: SharedPlace) {
    this.topic = topic
    this.partition = partition
    this.config = config
    this.shared = shared
  }

  get directory(): string {
    return `${this.shared.path}/${partitionName(this)}`
  }

  get producerIdExpirationMs(): number {
    return this.shared.producerIdExpirationMs
  }

  beforeCut(endOffset: number): void {
    this.shared.checkpoints.lower('recovery-point-offset-checkpoint', this, endOffset)
    this.shared.checkpoints.lower('cleaner-offset-checkpoint', this, endOffset)
  }
}
