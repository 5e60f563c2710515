import { integer, list, object, string } from '../schema/fields.ts'
import { portName } from '../schema/names.ts'

const listener = object(
  {
    name: string({
      pattern: portName,
      minLength: 1,
      maxLength: 15, // of a port of a Service
      doc: 'Its name, one of its kind in a cluster.',
    }),
    port: integer({ min: 1, max: 65_535, doc: 'Its port.' }),
    type: string({
      enum: ['Internal'],
      default: 'Internal',
      doc: 'From where it is reached: Internal, from within the Kubernetes cluster.',
    }),
  },
  { doc: 'Where clients reach a broker.' },
)

export const listeners = list(listener, {
  key: 'name',
  minItems: 1,
  maxItems: 16,
  default: [{ name: 'plain', port: 9092, type: 'Internal' }],
  doc: 'Where clients reach the brokers.',
})
