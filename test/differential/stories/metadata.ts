import type { RequestInputOf, ResponseOf } from '../../../broker/protocol/apis.ts'
import { createTopic, namedTopics, noId, unknownId, untilThere } from '../requests.ts'
import { ask, family } from '../story.ts'

const names = { topics: [{ name: 'metadata-one' }, { name: 'metadata-nowhere' }] }
const all: RequestInputOf<'Metadata'> = { topics: null, allowAutoTopicCreation: false }

/** Of all topics those of a story, since others make theirs. */
function onlyOf(prefix: string) {
  return (answer: ResponseOf<'Metadata'>) => ({
    ...answer,
    topics: answer.topics.filter(({ name }) => name?.startsWith(prefix)),
  })
}

export const metadata = family('metadata', {
  'by name, in every version': [
    createTopic('metadata-one', { partitions: 3 }),
    ask('Metadata', [4, 5, 7, 8, 9, 10, 11, 12, 13], { ...names, allowAutoTopicCreation: false }),
  ],
  'all topics': [
    createTopic('metadata-all-1'),
    createTopic('metadata-all-2', { partitions: 2 }),
    ask('Metadata', 0, { topics: [] }, { only: onlyOf('metadata-all') }),
    ask('Metadata', [1, 3], { topics: null }, { only: onlyOf('metadata-all') }),
    ask('Metadata', [4, 9, 10, 13], all, { only: onlyOf('metadata-all') }),
  ],
  'brokers only': [
    ask('Metadata', [1, 3], { topics: [] }),
    ask('Metadata', [4, 13], { topics: [], allowAutoTopicCreation: false }),
  ],
  'names that no topic has': [
    ask('Metadata', [4, 9, 13], namedTopics('metadata-nowhere'), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ['', '.', '..', 'no/name', 'no name', 'n'.repeat(250), 'ünknown'].map((name) =>
      ask('Metadata', 12, namedTopics(name), {
        about: `"${name.slice(0, 10)}"`,
        gives: 'INVALID_TOPIC_EXCEPTION',
      }),
    ),
    ask('Metadata', 4, namedTopics('no/name'), { gives: 'INVALID_TOPIC_EXCEPTION' }),
  ],
  'by id': [
    createTopic('metadata-id'),
    ask('Metadata', [12, 13], (seen) => byId(seen.topicId('metadata-id'))),
    ask('Metadata', [12, 13], byId(unknownId), { gives: 'UNKNOWN_TOPIC_ID' }),
    ask('Metadata', 12, byId(noId), { about: 'neither name nor id' }),
    ask('Metadata', [10, 11], (seen) => byId(seen.topicId('metadata-id')), {
      about: 'of versions that cannot',
      gives: 'INVALID_REQUEST',
    }),
    ask('Metadata', 12, (seen) => ({
      topics: [{ name: 'metadata-id', topicId: seen.topicId('metadata-id') }],
      allowAutoTopicCreation: false,
    })),
    ask('Metadata', 12, (seen) => ({
      topics: [
        { name: null, topicId: seen.topicId('metadata-id') },
        { name: null, topicId: unknownId },
        { name: 'metadata-id' },
      ],
      allowAutoTopicCreation: false,
    })),
  ],
  'a topic that is asked for twice': [
    createTopic('metadata-twice'),
    ask('Metadata', [4, 12], namedTopics('metadata-twice', 'metadata-twice')),
    ask('Metadata', 12, namedTopics('metadata-nowhere', 'metadata-nowhere')),
  ],
  'what may be done': [
    createTopic('metadata-operations'),
    ask('Metadata', [8, 10], {
      ...namedTopics('metadata-operations', 'metadata-nowhere'),
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    }),
    ask('Metadata', 12, {
      ...namedTopics('metadata-operations', 'no/name'),
      includeTopicAuthorizedOperations: true,
    }),
  ],
  'topics that are made when they are asked for': [
    ask('Metadata', 3, { topics: [{ name: 'metadata-made-3' }] }, { only: noAnswerYet }),
    untilThere('metadata-made-3', 1),
    ask(
      'Metadata',
      12,
      { topics: [{ name: 'metadata-made-12' }], allowAutoTopicCreation: true },
      { only: noAnswerYet },
    ),
    untilThere('metadata-made-12', 1),
    ask(
      'Metadata',
      12,
      { topics: [{ name: 'no/name' }], allowAutoTopicCreation: true },
      {
        gives: 'INVALID_TOPIC_EXCEPTION',
      },
    ),
    ask(
      'Metadata',
      12,
      { topics: [{ name: null, topicId: unknownId }], allowAutoTopicCreation: true },
      {
        gives: 'UNKNOWN_TOPIC_ID',
      },
    ),
  ],
  'a name that another one may be mistaken for': [
    createTopic('metadata.dots'),
    ask('Metadata', 12, { topics: [{ name: 'metadata_dots' }], allowAutoTopicCreation: true }),
    ask('Metadata', 12, namedTopics('metadata_dots')),
  ],
})

function byId(topicId: string): RequestInputOf<'Metadata'> {
  return { topics: [{ name: null, topicId }], allowAutoTopicCreation: false }
}

/** Whether it is there at once, or only soon, is not promised. */
function noAnswerYet({ topics }: ResponseOf<'Metadata'>) {
  return topics.map(({ name }) => name)
}
