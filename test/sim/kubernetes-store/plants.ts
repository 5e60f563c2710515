import type { PatchOperation } from '../../../operator/controller/store/kubernetes/cluster-metadata-objects.ts'
import {
  type PartRules,
  partName,
  partRules,
} from '../../../operator/controller/store/kubernetes/part-names.ts'
import { outcomeOfPatch } from '../../../operator/in-kubernetes/metadata-objects.ts'
import { ClusterMetadataClient } from '../../support/cluster-metadata-client.ts'

/** What a controller may do wrong with a store that does nothing wrong. */
export type Habits = {
  readonly retriesOnConflict?: true
  readonly knowsEpochByNumber?: true
  readonly splitsBatches?: true
}

/** One thing that is not as it should be. */
export type Plant = {
  readonly habits: Habits
  readonly Client: typeof ClusterMetadataClient
  readonly rules: PartRules
}

export const asItShouldBe: Plant = { habits: {}, Client: ClusterMetadataClient, rules: partRules }

class TakesTimeoutForFailure extends ClusterMetadataClient {
  override async patch(name: string, operations: readonly PatchOperation[]) {
    const outcome = await super.patch(name, operations)
    return outcome.type === 'unknown' ? ({ ...outcome, type: 'refused' } as const) : outcome
  }
}

class RefreshesChainFromWatch extends ClusterMetadataClient {
  override patch(name: string, operations: readonly PatchOperation[]) {
    const value = this.api.get(name).object?.spec.chain
    return super.patch(
      name,
      operations.map((one) => (one.op === 'test' ? { ...one, value } : one)),
    )
  }
}

class TestsResourceVersion extends ClusterMetadataClient {
  #version: string | undefined

  override async get(name: string) {
    const answer = await super.get(name)
    if (answer.type === 'found' && answer.object.spec.type === 'Head') {
      this.#version = answer.object.metadata.resourceVersion
    }
    return answer
  }

  override async patch(name: string, operations: readonly PatchOperation[]) {
    const version = this.#version
    const versionNow = () => this.api.get(name).object?.metadata.resourceVersion
    const answer = await this.call('patch', () => {
      if (versionNow() !== version) return { code: 409 }
      const patched = this.api.patch(
        name,
        operations.filter(({ op }) => op !== 'test'),
      )
      return { ...patched, version: versionNow() }
    })
    if (answer !== 'lost' && 'version' in answer) this.#version = answer.version
    return this.known(outcomeOfPatch, answer)
  }
}

class SeesNoInterruption extends ClusterMetadataClient {
  override get interruptions() {
    return 0
  }
}

class TakesTimeoutForCreated extends SeesNoInterruption {
  override async create(object: Parameters<ClusterMetadataClient['create']>[0]) {
    const outcome = await super.create(object)
    return outcome.type === 'unknown' ? ({ type: 'done' } as const) : outcome
  }
}

class DeletesWithoutUid extends ClusterMetadataClient {
  override delete(name: string) {
    return super.delete(name, undefined)
  }
}

const isNamed: PartRules['isGarbage'] = ({ segments, snapshot }, name) =>
  [...segments, ...(snapshot?.parts ?? [])].some((part) => part.name === name)

/** The near-misses that a model checker found, and that this store must not become. */
export const plants = {
  'a lost answer is answered by reading again and appending again': {
    ...asItShouldBe,
    habits: { retriesOnConflict: true },
  },
  'a timeout is taken for a failure': { ...asItShouldBe, Client: TakesTimeoutForFailure },
  'an epoch is known by its number': { ...asItShouldBe, habits: { knowsEpochByNumber: true } },
  'the condition is refreshed from a watch': { ...asItShouldBe, Client: RefreshesChainFromWatch },
  'what is not known is deleted': {
    ...asItShouldBe,
    rules: {
      partName,
      isGarbage: (head, name) => /-(snapshot|segment)-/.test(name) && !isNamed(head, name),
    },
  },
  'names are made of offsets alone, and deletes find them by name': {
    ...asItShouldBe,
    Client: DeletesWithoutUid,
    rules: {
      partName: (kind, { firstOffset, endOffset }, { cluster }) =>
        `${cluster}-${kind}-${firstOffset}-${endOffset}`,
      isGarbage: (head, name) => {
        const end = /-(\d+)$/.exec(name)?.[1]
        return end !== undefined && Number(end) < head.endOffset && !isNamed(head, name)
      },
    },
  },
  'a large append is two': { ...asItShouldBe, habits: { splitsBatches: true } },
  'the condition is the resourceVersion': { ...asItShouldBe, Client: TestsResourceVersion },
  'a create that timed out is taken to have happened': {
    ...asItShouldBe,
    Client: TakesTimeoutForCreated,
  },
  'what was created is not read back after an interruption': {
    ...asItShouldBe,
    Client: SeesNoInterruption,
  },
} as const satisfies Record<string, Plant>
