import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { BrokerImage, MetadataImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { brokerBack, brokerGone } from './partition/of-broker.ts'

/** A process, as the controller knows it. Another one of the same broker is not meant. */
export type Incarnation = { readonly brokerId: number; readonly incarnationId: string }

/**
 * Fences processes that are gone: none of them leads or is told of any more. Who is fenced already,
 * is another process by now or is not there is left out.
 */
export function fenceBrokers(
  image: MetadataImage,
  gone: readonly Incarnation[],
  brokerConfig: Entries,
): MetadataRecord[] {
  const records: MetadataRecord[][] = []
  let [before, last]: [MetadataImage, MetadataRecord[]] = [image, []]
  for (const { brokerId, incarnationId } of gone) {
    // Who goes next must not be elected. What comes of the last one nobody here has to know.
    if (last.length > 0) before = applyRecords(before, last)
    last = []
    const broker = before.brokers.get(brokerId)
    if (broker === undefined || broker.fenced || broker.incarnationId !== incarnationId) continue
    last = fence(before, broker, { brokerConfig })
    records.push(last)
  }
  return records.flat()
}

/** @param broker One that is not fenced. */
export function fence(
  image: MetadataImage,
  { id: brokerId, epoch: brokerEpoch }: BrokerImage,
  about: { brokerConfig: Entries; inControlledShutdown?: boolean },
): MetadataRecord[] {
  return [
    metadataRecord('BrokerRegistrationChangeRecord', {
      brokerId,
      brokerEpoch,
      fenced: 1,
      inControlledShutdown: about.inControlledShutdown === true ? 1 : 0,
    }),
    ...brokerGone(image, { brokerId }, about.brokerConfig),
  ]
}

/** @param broker One that is fenced. */
export function unfence(
  image: MetadataImage,
  { id: brokerId, epoch: brokerEpoch }: BrokerImage,
  brokerConfig: Entries,
): MetadataRecord[] {
  return [
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId, brokerEpoch, fenced: -1 }),
    ...brokerBack(image, brokerId, brokerConfig),
  ]
}
