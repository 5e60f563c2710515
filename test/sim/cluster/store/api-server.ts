import { ClusterMetadataApi } from '../../../support/cluster-metadata-api.ts'
import type { CallType } from '../../../support/cluster-metadata-client.ts'
import type { World } from '../../core/world.ts'
import { HeadWatch } from './head-watch.ts'
import type { StoreObserver } from './shared-store.ts'

/** The one API server, with etcd. It belongs to no node. */
export class ApiServer {
  readonly api = new ClusterMetadataApi({ isStrict: false })
  /** Calls that get there meanwhile are not carried out. */
  isOut = false
  /** How often etcd was put back to an older state. That breaks all connections. */
  timesPutBack = 0
  readonly #world: World
  readonly #head: HeadWatch
  readonly #told: StoreObserver

  /** @param about.head The name of the object that is looked at after each write. */
  constructor(world: World, about: { head: string; told: StoreObserver }) {
    this.#world = world
    this.#head = new HeadWatch(this.api, { name: about.head, told: about.told })
    this.#told = about.told
  }

  /** @returns Puts it back to as it is now. */
  backUp(): () => void {
    const backup = this.api.backup()
    return () => {
      this.api.restore(backup)
      this.timesPutBack++
      this.#head.wasPutBack()
    }
  }

  /**
   * An update of the head that was under way when etcd was put back may arrive after that. One that names
   * what was taken back does not, here: then nobody can read the log any more, and says so. See
   * `test/sim/kubernetes-store`, where it does.
   *
   * @param isLate It was sent before etcd was put back.
   * @returns 'lost': it is not carried out.
   */
  carryOut<T>(call: CallType, run: () => T, isLate: boolean): T | 'lost' {
    if (isLate && call !== 'patch') return 'lost'
    if (call === 'create' || call === 'delete') this.#told.touches(call)
    const before = this.api.backup()
    const value = run()
    if (isLate && this.#head.missing !== undefined) {
      this.api.restore(before)
      return 'lost'
    }
    if (call !== 'get' && call !== 'list') this.#world.attempt(() => this.#head.look())
    return value
  }
}
