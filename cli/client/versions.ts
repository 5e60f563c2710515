import type { ApiName, ResponseOf } from '../../broker/protocol/apis.ts'
import { apis } from '../../broker/protocol/generated/apis.ts'
import { ClientError } from './client-error.ts'

/** What this client asks for, and the first and last version that it can: since Kafka 0.11. */
const spoken = {
  Metadata: [4, 12],
  InitProducerId: [0, 5],
  Produce: [3, 12], // 13 names topics by their ids
  ListOffsets: [2, 9],
  Fetch: [4, 12], // 13 as well
  FindCoordinator: [0, 3], // 4 asks for several
  JoinGroup: [1, 9],
  SyncGroup: [0, 5],
  Heartbeat: [0, 4],
  LeaveGroup: [0, 2], // 3 is for several
  OffsetFetch: [2, 7], // 8 is of several groups
  OffsetCommit: [2, 9], // 10 names topics by their ids
} as const satisfies { readonly [N in ApiName]?: readonly [number, number] }

export type SpokenApi = keyof typeof spoken
export type Versions = { readonly [N in SpokenApi]: number }

/**
 * The newest version of each API that both sides speak.
 *
 * @throws {ClientError}
 */
export function commonVersions({ apiKeys }: Pick<ResponseOf<'ApiVersions'>, 'apiKeys'>): Versions {
  const common = Object.entries(spoken).map(([name, [first, last]]) => {
    const { key } = apis[name as SpokenApi]
    const theirs = apiKeys.find(({ apiKey }) => apiKey === key)
    const version = Math.min(last, theirs?.maxVersion ?? -1)
    if (theirs === undefined || version < Math.max(first, theirs.minVersion)) {
      const range = theirs === undefined ? 'none' : `${theirs.minVersion} to ${theirs.maxVersion}`
      throw new ClientError(
        `the broker speaks ${range} of the versions of ${name}; ${first} to ${last} would do`,
      )
    }
    return [name, version]
  })
  return Object.fromEntries(common) as Versions
}
