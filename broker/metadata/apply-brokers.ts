import type { BrokerImage } from './image.ts'
import { type ImageEdit, inconsistent } from './image-edit.ts'
import type { MetadataRecord } from './records.ts'

/** A process that came up, new or again: its epoch is above every one that was given out. */
export function registerBroker(
  edit: ImageEdit,
  record: MetadataRecord<'RegisterBrokerRecord'>,
): void {
  const { brokerId: id, brokerEpoch: epoch } = record
  const before = edit.brokers.get(id)
  if (before !== undefined && epoch <= before.epoch) {
    throw inconsistent(`broker ${id} registers with epoch ${epoch} after ${before.epoch}`)
  }
  if (record.isMigratingZkBroker) throw inconsistent(`broker ${id} comes from ZooKeeper`)
  edit.brokers.set(id, {
    id,
    epoch,
    incarnationId: record.incarnationId,
    endpoints: new Map(record.endPoints.map(({ name, ...endpoint }) => [name, endpoint])),
    features: new Map(
      record.features.map(({ name, minSupportedVersion: min, maxSupportedVersion: max }) => {
        return [name, { min, max }]
      }),
    ),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    directoryIds: record.logDirs,
  })
  edit.highestBrokerEpoch = Math.max(edit.highestBrokerEpoch, epoch)
}

export function unregisterBroker(
  edit: ImageEdit,
  { brokerId, brokerEpoch }: MetadataRecord<'UnregisterBrokerRecord'>,
): void {
  registered(edit, brokerId, brokerEpoch)
  edit.brokers.delete(brokerId)
}

/** As in Kafka: 1 sets, -1 takes back, 0 leaves as it is; a controlled shutdown ends only with the process. */
export function changeRegistration(
  edit: ImageEdit,
  record: Pick<
    MetadataRecord<'BrokerRegistrationChangeRecord'>,
    'brokerId' | 'brokerEpoch' | 'fenced' | 'inControlledShutdown' | 'logDirs'
  >,
): void {
  const { brokerId, brokerEpoch, fenced, inControlledShutdown, logDirs } = record
  const before = registered(edit, brokerId, brokerEpoch)
  if (Math.abs(fenced) > 1) throw inconsistent(`broker ${brokerId} is fenced by ${fenced}`)
  if (inControlledShutdown !== 0 && inControlledShutdown !== 1) {
    throw inconsistent(`broker ${brokerId} is in controlled shutdown by ${inControlledShutdown}`)
  }
  edit.brokers.set(brokerId, {
    ...before,
    fenced: fenced === 0 ? before.fenced : fenced === 1,
    inControlledShutdown: inControlledShutdown === 1 || before.inControlledShutdown,
    directoryIds: logDirs.length === 0 ? before.directoryIds : logDirs,
  })
}

export function applyBrokerEpoch(
  edit: ImageEdit,
  { brokerEpoch }: MetadataRecord<'BrokerEpochRecord'>,
): void {
  edit.highestBrokerEpoch = Math.max(edit.highestBrokerEpoch, brokerEpoch)
}

/** @throws {MetadataError} Inconsistent, where the record is about another life of the broker. */
function registered(edit: ImageEdit, id: number, epoch: number): BrokerImage {
  const broker = edit.brokers.get(id)
  if (broker === undefined) throw inconsistent(`broker ${id} is not registered`)
  if (broker.epoch === epoch) return broker
  throw inconsistent(`broker ${id} has epoch ${broker.epoch}, not ${epoch}`)
}
