import { integer, list, map, object, quantity, string } from '../schema/fields.ts'
import { dnsSubdomain, qualifiedName } from '../schema/names.ts'
import { parseQuantity } from '../schema/quantity.ts'

const optional = { optional: true } as const

const texts = (doc: string, maxLength = 63) =>
  map(string({ maxLength, doc: 'A value.' }), {
    keys: qualifiedName,
    maxProperties: 64,
    ...optional,
    doc,
  })

const amounts = (doc: string) =>
  object(
    {
      cpu: quantity({ min: 0.001, ...optional, doc: 'Cores, such as 500m.' }),
      memory: quantity({ min: 1, ...optional, doc: 'Bytes, such as 512Mi.' }),
      'ephemeral-storage': quantity({ min: 0, ...optional, doc: 'Bytes of the disk of the node.' }),
    },
    { ...optional, doc },
  )

const within = (name: 'cpu' | 'memory') =>
  ({
    reason: 'InvalidResources',
    at: ['requests', name],
    says: `must be at most limits.${name}`,
    cel: `!has(self.requests) || !has(self.limits) || !has(self.requests.${name}) || !has(self.limits.${name}) || quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
    holds({ requests, limits }: Resources): boolean {
      const [least, most] = [requests?.[name], limits?.[name]]
      if (least === undefined || most === undefined) return true
      return (parseQuantity(least) ?? 0) <= (parseQuantity(most) ?? 0)
    },
    found: ({ requests }: Resources) => String(requests?.[name]),
    foundCel: ['%s', `self.requests.${name}`],
  }) as const
type Amounts = { readonly cpu?: string | number; readonly memory?: string | number }
type Resources = { readonly requests?: Amounts; readonly limits?: Amounts }

/** What a broker gets of its node. */
export const resources = object(
  { requests: amounts('What it has in any case.'), limits: amounts('What it has at most.') },
  { default: {}, doc: 'What a broker gets of its node.' },
  { always: [within('cpu'), within('memory')] },
)

const toleration = object(
  {
    key: string({ maxLength: 317, ...optional, doc: 'The key of the taint; left out: any.' }),
    operator: string({
      enum: ['Exists', 'Equal'],
      default: 'Equal',
      doc: 'Whether the value counts.',
    }),
    value: string({ maxLength: 63, ...optional, doc: 'The value of the taint.' }),
    effect: string({
      enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      ...optional,
      doc: 'The effect of the taint; left out: any.',
    }),
    tolerationSeconds: integer({ min: 0, ...optional, doc: 'How long NoExecute is put up with.' }),
  },
  { doc: 'A taint that is put up with.' },
)

/** The part of a pod that owners have a say in. */
const pod = object(
  {
    labels: texts('Labels beside those of kavka.'),
    annotations: texts('Annotations beside those of kavka.', 16_384),
    nodeSelector: texts('Labels that a node must have.'),
    tolerations: list(toleration, {
      maxItems: 32,
      ...optional,
      doc: 'Taints that are put up with.',
    }),
    priorityClassName: string({
      pattern: dnsSubdomain,
      maxLength: 253,
      ...optional,
      doc: 'How much it matters beside other pods.',
    }),
    terminationGracePeriodSeconds: integer({
      min: 1,
      max: 3_600,
      default: 60,
      doc: 'How long a broker has to hand over its leaders and stop.',
    }),
  },
  { default: {}, doc: 'The pods of brokers.' },
)

const service = object(
  {
    labels: texts('Labels beside those of kavka.'),
    annotations: texts('Annotations beside those of kavka.', 16_384),
  },
  { default: {}, doc: 'The Services in front of brokers.' },
)

export const template = object(
  { pod, service },
  { default: {}, doc: 'What is said of the objects that are made for brokers.' },
)
