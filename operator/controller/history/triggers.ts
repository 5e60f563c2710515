import type { BrokerImage } from '../../../broker/metadata/image.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { uncleanSetting } from '../decide/partition/rules.ts'

/** What the first records of a decision say, from which changes of partitions behind them follow. */
export type Trigger =
  | {
      readonly type: 'gone'
      readonly brokerId: number
      readonly word: GoneWord
    }
  | { readonly type: 'back'; readonly brokerId: number }
  /** `unclean.leader.election.enable` was set. */
  | { readonly type: 'uncleanAllowed' }

/** Why a broker does not lead any more what it led: words of causes, see `entry.ts`. */
export type GoneWord = 'BrokerFenced' | 'ControlledShutdown' | 'BrokerRegistered' | 'DataLost'

/** @param before Its broker as it was. */
export function triggerOf(
  record: MetadataRecord,
  before: (brokerId: number) => BrokerImage | undefined,
): Trigger | undefined {
  switch (record.type) {
    case 'RegisterBrokerRecord': {
      const { brokerId, logDirs } = record
      const hasAll = before(brokerId)?.directoryIds.every((id) => logDirs.includes(id)) ?? true
      return { type: 'gone', brokerId, word: hasAll ? 'BrokerRegistered' : 'DataLost' }
    }
    case 'BrokerRegistrationChangeRecord': {
      const { brokerId, fenced, inControlledShutdown } = record
      if (inControlledShutdown === 1) return { type: 'gone', brokerId, word: 'ControlledShutdown' }
      if (fenced === 1) return { type: 'gone', brokerId, word: 'BrokerFenced' }
      return fenced === -1 ? { type: 'back', brokerId } : undefined
    }
    case 'FenceBrokerRecord':
      return { type: 'gone', brokerId: record.id, word: 'BrokerFenced' }
    case 'UnfenceBrokerRecord':
      return { type: 'back', brokerId: record.id }
    case 'ConfigRecord':
      return record.name === uncleanSetting && record.value === 'true'
        ? { type: 'uncleanAllowed' }
        : undefined
    default:
      return undefined
  }
}
