import type { Mutant } from './mutant.ts'
import { ofController } from './of-controller.ts'
import { ofCoordinator } from './of-coordinator.ts'
import { ofLink } from './of-link.ts'
import { ofLog } from './of-log.ts'
import { ofPositions } from './of-positions.ts'
import { ofReplica } from './of-replica.ts'
import { ofVersions } from './of-versions.ts'

/** All rules that are taken out, one at a time. */
export const mutants: readonly Mutant[] = [
  ...ofController,
  ...ofReplica,
  ...ofLink,
  ...ofCoordinator,
  ...ofLog,
  ...ofPositions,
  ...ofVersions,
]
