import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { RunningBroker } from '../runtime/process/process-runtime.ts'

/**
 * Which processes are those that the metadata log says to serve. A process that was just started is
 * not: what the log says of its broker is, until it registers, of the process before it.
 */
export class ServingBrokers {
  readonly #processes = new Map<number, { pid: number; before: string | undefined }>()
  readonly #running = new Set<number>()

  /**
   * Told of each change of the processes, with the image of that moment.
   *
   * @returns Brokers whose processes have ended since. What the image says of them is of that process:
   *   one that was started since had no time to register.
   */
  processes(brokers: readonly RunningBroker[], image: MetadataImage): number[] {
    const pids = new Map(brokers.map(({ nodeId, pid }) => [nodeId, pid]))
    const known = [...this.#processes]
    const ended = known.flatMap(([id, { pid }]) => (pids.get(id) === pid ? [] : [id]))
    this.#running.clear()
    for (const { nodeId, pid, state, startedMs } of brokers) {
      if (pid === null) this.#processes.delete(nodeId)
      else if (this.#processes.get(nodeId)?.pid !== pid) {
        // One that was found running may have registered long ago.
        const isNew = startedMs !== null
        const before = isNew ? image.brokers.get(nodeId)?.incarnationId : undefined
        this.#processes.set(nodeId, { pid, before })
      }
      if (state === 'Running') this.#running.add(nodeId)
    }
    for (const nodeId of ended) if (!pids.has(nodeId)) this.#processes.delete(nodeId)
    return ended
  }

  /** The process that registered as that. One that was started since is another. */
  pidOf(nodeId: number, incarnationId: string): number | undefined {
    const process = this.#processes.get(nodeId)
    return process?.before === incarnationId ? undefined : process?.pid
  }

  isServing(nodeId: number, image: MetadataImage): boolean {
    const process = this.#processes.get(nodeId)
    const broker = image.brokers.get(nodeId)
    if (process === undefined || broker === undefined || !this.#running.has(nodeId)) return false
    return !broker.fenced && broker.incarnationId !== process.before
  }
}
