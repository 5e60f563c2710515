import { object, quantity, string } from '../schema/fields.ts'
import { dnsSubdomain } from '../schema/names.ts'
import { parseQuantity } from '../schema/quantity.ts'

const retention = object(
  {
    whenScaled: string({
      enum: ['Delete', 'Retain'],
      default: 'Delete',
      doc: 'What becomes of the volume of a broker that was drained and taken away.',
    }),
    whenDeleted: string({
      enum: ['Delete', 'Retain'],
      default: 'Retain',
      doc: 'What becomes of the volumes when the cluster is deleted.',
    }),
  },
  { default: {}, doc: 'When volumes go.' },
)

/** Where the data of a broker is. Volumes grow in place, and nothing can make them smaller. */
export const storage = object(
  {
    type: string({
      enum: ['PersistentVolume', 'Ephemeral'],
      default: 'PersistentVolume',
      immutable: true,
      doc: 'A volume of its own, or the disk of its node, which goes with the pod.',
    }),
    size: quantity({
      min: 64 * 2 ** 20, // one segment of an internal topic does not fit into less
      default: '10Gi',
      doc: 'How large the volume is, or may become. It may grow, never shrink.',
    }),
    storageClassName: string({
      pattern: dnsSubdomain,
      maxLength: 253,
      optional: true,
      immutable: true,
      doc: 'The class of the volume. Left out: that of the Kubernetes cluster.',
    }),
    retention,
  },
  { default: {}, doc: 'Where the data of a broker is. Without Kubernetes, size is not held.' },
  {
    always: [
      {
        reason: 'InvalidStorage',
        at: ['storageClassName'],
        says: 'is only for type: PersistentVolume; leave it out, or change the type',
        cel: "self.type == 'PersistentVolume' || !has(self.storageClassName)",
        holds: ({ type, storageClassName }) =>
          type === 'PersistentVolume' || storageClassName === undefined,
      },
    ],
    onChange: [
      {
        reason: 'StorageShrinkForbidden',
        at: ['size'],
        says: 'may grow, never shrink',
        cel: 'quantity(string(self.size)).compareTo(quantity(string(oldSelf.size))) >= 0',
        holds: ({ size }, old) => (parseQuantity(size) ?? 0) >= (parseQuantity(old.size) ?? 0),
        found: ({ size }, old) => `${size} where it was ${old.size}`,
        foundCel: ['%s where it was %s', 'self.size', 'oldSelf.size'],
      },
    ],
  },
)
