import { integer, list, object, string } from './schema/fields.ts'

/** `metav1.Condition`: one thing that is or is not so. `Ready` is always there. */
const condition = object(
  {
    type: string({ maxLength: 316, doc: 'What is or is not so, such as Ready.' }),
    status: string({ enum: ['True', 'False', 'Unknown'], doc: 'Whether it is so.' }),
    reason: string({ minLength: 1, maxLength: 1_024, doc: 'Why, in one stable CamelCase word.' }),
    message: string({ maxLength: 32_768, doc: 'Why, for people.' }),
    observedGeneration: integer({ min: 0, optional: true, doc: 'The spec that it speaks of.' }),
    lastTransitionTime: string({ maxLength: 64, doc: 'When status last changed (RFC 3339).' }),
  },
  { doc: 'One thing that is or is not so.' },
)

export const conditions = list(condition, {
  key: 'type',
  maxItems: 16,
  optional: true,
  doc: 'What is and what is not so.',
})
