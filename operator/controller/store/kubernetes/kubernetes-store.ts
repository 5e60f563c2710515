import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import { type MetadataPosition, positionOf } from '../../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Clock } from '../../../../lib/clock.ts'
import { invariant } from '../../../../lib/invariant.ts'
import type { Random } from '../../../../lib/random.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import type {
  Appended,
  MetadataStore,
  OpenedLog,
  SnapshotTaken,
  Superseded,
} from '../metadata-store.ts'
import { createHead, firstHead } from './birth.ts'
import { ByteBudget } from './byte-budget.ts'
import type { ClusterMetadataObjects } from './cluster-metadata-objects.ts'
import { type Head, headName } from './head.ts'
import { LogSession } from './log-session.ts'
import type { Owner } from './new-object.ts'
import { type PartRules, partRules } from './part-names.ts'
import { Patience } from './patience.ts'
import { readLog } from './read-log.ts'
import type { Api } from './read-object.ts'

export type KubernetesStoreOptions = {
  readonly objects: ClusterMetadataObjects
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
  /** The KafkaCluster: the log has its name, and goes with it. */
  readonly owner: Owner
  /** Whose the log is, or becomes if it is made now. */
  readonly clusterId: string
  /** It is known to have been there: if it is not, it is lost, and none is made in its place. */
  readonly isKnown: boolean
  readonly rules?: PartRules
  /** See `Patience`. */
  readonly onUndecided: (why: string | undefined) => void
}

/**
 * The metadata log in the Kubernetes API: one head, which every append changes, and objects that it
 * names and that never change. Any number of these may write to one log: of those that know a state
 * of the head one at most makes the next.
 */
export class KubernetesStore implements MetadataStore {
  readonly #options: KubernetesStoreOptions
  readonly #budget: ByteBudget
  #patience: Patience | undefined
  #session: LogSession | undefined
  #wasThere: boolean

  constructor(options: KubernetesStoreOptions) {
    this.#options = options
    this.#budget = new ByteBudget(options.clock)
    this.#wasThere = options.isKnown
  }

  async open(): Promise<OpenedLog> {
    this.close()
    const { objects, clock, onUndecided, random, owner, rules = partRules } = this.#options
    const patience = new Patience({ clock, onUndecided })
    this.#patience = patience
    const api: Api = { objects, patience }
    const storeId = Buffer.from(random.bytes(16)).toString('hex')
    const { head, opened } = await patience.watched(() => this.#read(api, storeId))
    patience.check()
    this.#session = new LogSession({
      api,
      clock,
      budget: this.#budget,
      belongs: { cluster: owner.name, owner },
      storeId,
      rules,
      head,
      position: positionOf(opened.state),
      snapshotBytes: opened.snapshotBytes,
    })
    return opened
  }

  append(
    position: MetadataPosition,
    records: readonly MetadataRecord[],
  ): Promise<Appended | Superseded> {
    return this.#opened().append(position, records)
  }

  snapshot(position: MetadataPosition, image: MetadataImage): Promise<SnapshotTaken | Superseded> {
    return this.#opened().snapshot(position, image)
  }

  isLast(): Promise<boolean> {
    return this.#opened().isLast()
  }

  /** What waits is told Offline, and so is whoever still asks. */
  close(): void {
    this.#patience?.close()
  }

  async #read(api: Api, storeId: string): Promise<{ head: Head; opened: OpenedLog }> {
    const { owner, clusterId } = this.#options
    const name = headName(owner.name)
    for (let attempt = 0; ; attempt++) {
      const read = await readLog(api, name)
      if (read !== undefined) {
        this.#checkOwner(name, read.opened)
        this.#wasThere = true
        return read
      }
      if (this.#wasThere) throw lost(`${name}, the metadata log of ${clusterId}, is gone`)
      const head = firstHead({ clusterId, storeId })
      const belongs = { cluster: owner.name, owner }
      await createHead(api, { name, head, belongs, attempt })
    }
  }

  #checkOwner(name: string, { state }: OpenedLog): void {
    const { clusterId: expected } = this.#options
    const found = state.image.clusterId
    if (found === undefined) throw lost(`${name} does not say whose log it is`)
    if (found === expected) return
    const what = `ClusterMetadata ${name} holds the metadata of cluster ${found}`
    throw new StorageError('Foreign', `${what}, expected ${expected}: it is not touched`)
  }

  #opened(): LogSession {
    invariant(this.#session !== undefined, 'a store is opened before anything is asked of it')
    return this.#session
  }
}

function lost(what: string): StorageError {
  return new StorageError('Untrusted', `ClusterMetadata ${what}: see kavka recover`)
}
