import {
  anything,
  type FieldRead,
  type FieldWrite,
  integer,
  map,
  object,
  string,
} from './fields.ts'
import { dnsLabel, dnsSubdomain, qualifiedName } from './names.ts'

const served = (doc: string) => ({ doc, optional: true }) as const

/** What is the same in every resource of Kubernetes. It is no part of our schema there. */
export const metadata = object(
  {
    name: string({
      pattern: dnsSubdomain,
      maxLength: 253,
      minLength: 1,
      doc: 'Its name, one of its kind in a namespace.',
    }),
    namespace: string({
      pattern: dnsLabel,
      maxLength: 63,
      default: 'default',
      doc: 'Where it is.',
    }),
    labels: map(string({ maxLength: 63, doc: 'A value.' }), {
      keys: qualifiedName,
      maxProperties: 256,
      optional: true,
      doc: 'What it is found by.',
    }),
    annotations: map(string({ maxLength: 262_144, doc: 'A value.' }), {
      keys: qualifiedName,
      maxProperties: 256,
      optional: true,
      doc: 'What is noted on it.',
    }),
    generateName: string(served('Only an API server can make a name of it.')),
    uid: string(served('Which of all that ever had this name it is.')),
    generation: integer(served('How often its spec was changed.')),
    resourceVersion: string(served('The state of the store that it is of.')),
    creationTimestamp: string(served('When it was made.')),
    deletionTimestamp: string(served('When it was asked to go.')),
    deletionGracePeriodSeconds: integer(served('How long it may take to go.')),
    finalizers: anything(served('Who has to agree before it goes. None is ours.')),
    ownerReferences: anything(served('With whom it goes.')),
    managedFields: anything(served('Who wrote which field.')),
    selfLink: anything(served('Of old API servers.')),
  },
  { doc: 'Who it is.' },
)
export type Metadata = FieldRead<typeof metadata>
export type MetadataInput = FieldWrite<typeof metadata>
