import type { Clock } from '../../../lib/clock.ts'
import type { Logger } from '../../../lib/logger.ts'
import type { Random } from '../../../lib/random.ts'
import type { CoordinatorPort } from '../decision.ts'
import type { GroupSettings } from './settings.ts'

/** What those ask for who decide about groups. */
export type GroupServices = {
  readonly clock: Clock
  readonly random: Random
  readonly port: CoordinatorPort
  readonly settings: GroupSettings
  readonly log: Logger
}
