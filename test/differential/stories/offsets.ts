import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { createTopic, noId, subscription, unknownId, untilGone } from '../requests.ts'
import { ask, family, type Seen } from '../story.ts'

type Committed = NonNullable<RequestInputOf<'OffsetCommit'>['topics']>[number]['partitions'][number]

/** What a consumer without a group commits; of members the generation and id are added. */
function committing(
  groupId: string,
  name: string,
  partitions: readonly Partial<Committed>[] = [{}],
  more: Partial<RequestInputOf<'OffsetCommit'>> = {},
): RequestInputOf<'OffsetCommit'> {
  const all = partitions.map((own) => {
    return { partitionIndex: 0, committedOffset: 5, committedMetadata: 'noted', ...own }
  })
  return { groupId, memberId: '', topics: [{ name, partitions: all }], ...more }
}

function byId(groupId: string, topicId: string): RequestInputOf<'OffsetCommit'> {
  const partitions = [{ partitionIndex: 0, committedOffset: 6, committedMetadata: '' }]
  return { groupId, memberId: '', topics: [{ topicId, partitions }] }
}

/** The shape until version 7. */
function fetching(groupId: string, names: readonly string[] | null, partitionIndexes = [0, 1]) {
  const topics = names?.map((name) => ({ name, partitionIndexes })) ?? null
  return { groupId, topics }
}

/** The shape since version 8. */
function fetchingAll(
  groups: Readonly<Record<string, readonly string[] | null>>,
  partitionIndexes = [0, 1],
): RequestInputOf<'OffsetFetch'> {
  return {
    groups: Object.entries(groups).map(([groupId, names]) => ({
      groupId,
      topics: names?.map((name) => ({ name, partitionIndexes })) ?? null,
    })),
  }
}

const metadata = subscription(['whatever'])

/** A group with one member that reads `topic`, in the words of the consumer protocol. */
function member(groupId: string, subscription: Buffer = metadata) {
  const joining = {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 20_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription }],
  }
  return [
    ask(
      'JoinGroup',
      9,
      { ...joining, memberId: '' },
      { gives: 'MEMBER_ID_REQUIRED', about: 'for an id' },
    ),
    ask('JoinGroup', 9, (seen) => ({ ...joining, memberId: seen.last('JoinGroup').memberId })),
    ask('SyncGroup', 5, (seen) => ({
      ...memberOf(groupId, seen),
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [
        { memberId: seen.last('JoinGroup').memberId, assignment: Buffer.from('all of it') },
      ],
    })),
  ]
}

function memberOf(groupId: string, seen: Seen) {
  const { generationId, memberId } = seen.last('JoinGroup')
  return { groupId, generationId, memberId }
}

function byMember(seen: Seen): Partial<RequestInputOf<'OffsetCommit'>> {
  const { generationId: generationIdOrMemberEpoch, memberId } = seen.last('JoinGroup')
  return { generationIdOrMemberEpoch, memberId }
}

export const offsetCommit = family('offset commit', {
  'without a group, in every version': [
    createTopic('commit-alone', { partitions: 2 }),
    ask('OffsetCommit', [2, 3, 4, 5, 6, 7, 8, 9], (_, version) =>
      committing('commit-alone', 'commit-alone', [{ committedOffset: version }]),
    ),
    ask('OffsetCommit', 10, (seen) => byId('commit-alone', seen.topicId('commit-alone'))),
    ask('OffsetFetch', 7, fetching('commit-alone', ['commit-alone'])),
  ],
  'of a member, in every version': [
    createTopic('commit-member'),
    member('commit-member'),
    ask('OffsetCommit', [2, 5, 6, 7, 8, 9], (seen) =>
      committing('commit-member', 'commit-member', [{}], byMember(seen)),
    ),
    ask('OffsetCommit', 10, (seen) => ({
      ...byId('commit-member', seen.topicId('commit-member')),
      ...byMember(seen),
    })),
  ],
  'members and generations that are not': [
    createTopic('commit-nobody'),
    member('commit-nobody'),
    ask(
      'OffsetCommit',
      [2, 7, 9],
      (seen) =>
        committing('commit-nobody', 'commit-nobody', [{}], {
          ...byMember(seen),
          memberId: 'nobody',
        }),
      { gives: 'UNKNOWN_MEMBER_ID' },
    ),
    ask(
      'OffsetCommit',
      [2, 9],
      (seen) =>
        committing('commit-nobody', 'commit-nobody', [{}], {
          ...byMember(seen),
          generationIdOrMemberEpoch: 9,
        }),
      { gives: 'ILLEGAL_GENERATION' },
    ),
    ask('OffsetCommit', [2, 9], committing('commit-nobody', 'commit-nobody'), {
      about: 'of a stranger to a group that has members',
      gives: 'UNKNOWN_MEMBER_ID',
    }),
    ask(
      'OffsetCommit',
      [2, 9],
      committing('commit-nowhere', 'commit-nobody', [{}], {
        generationIdOrMemberEpoch: 3,
        memberId: 'nobody',
      }),
      { about: 'of a group that is not' },
    ),
  ],
  'of a group without a name': [
    createTopic('commit-unnamed'),
    ask('OffsetCommit', [2, 9], committing('', 'commit-unnamed'), { about: 'empty' }),
  ],
  'topics and partitions that are not there': [
    createTopic('commit-somewhere'),
    ask('OffsetCommit', [2, 9], committing('commit-topics', 'commit-nowhere'), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask(
      'OffsetCommit',
      [2, 9],
      committing('commit-topics', 'commit-somewhere', [{}, { partitionIndex: 4 }]),
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask(
      'OffsetCommit',
      9,
      committing('commit-topics', 'commit-somewhere', [{ partitionIndex: -1 }]),
    ),
    ask('OffsetCommit', 10, byId('commit-topics', unknownId), { gives: 'UNKNOWN_TOPIC_ID' }),
    ask('OffsetCommit', 10, byId('commit-topics', noId), { about: 'no id' }),
    ask('OffsetCommit', [2, 9], { groupId: 'commit-topics', memberId: '', topics: [] }),
  ],
  'notes that are too long': [
    createTopic('commit-notes', { partitions: 2 }),
    ask(
      'OffsetCommit',
      [2, 9],
      committing('commit-notes', 'commit-notes', [
        { committedMetadata: 'n'.repeat(4_097) },
        { partitionIndex: 1, committedMetadata: 'n'.repeat(4_096) },
      ]),
      { gives: 'OFFSET_METADATA_TOO_LARGE' },
    ),
    ask(
      'OffsetCommit',
      9,
      committing('commit-notes', 'commit-notes', [{ committedMetadata: null }]),
    ),
    ask('OffsetFetch', 7, fetching('commit-notes', ['commit-notes'])),
  ],
  'offsets of any size': [
    createTopic('commit-size', { partitions: 3 }),
    ask(
      'OffsetCommit',
      9,
      committing('commit-size', 'commit-size', [
        { committedOffset: 0 },
        { partitionIndex: 1, committedOffset: 9_007_199_254_740_991 },
        { partitionIndex: 2, committedOffset: -1 },
      ]),
    ),
    ask('OffsetFetch', 7, fetching('commit-size', ['commit-size'], [0, 1, 2])),
  ],
  'with the epoch of the leader': [
    createTopic('commit-epoch'),
    ask(
      'OffsetCommit',
      [6, 9],
      committing('commit-epoch', 'commit-epoch', [{ committedLeaderEpoch: 3 }]),
    ),
    ask('OffsetFetch', [4, 5, 7], fetching('commit-epoch', ['commit-epoch'])),
  ],
  'while the group rebalances': [
    createTopic('commit-rebalance'),
    member('commit-rebalance'),
    ask(
      'JoinGroup',
      3,
      { ...rejoining('commit-rebalance'), memberId: '' },
      { as: 'b', later: true },
    ),
    ask('Heartbeat', 4, (seen) => memberOf('commit-rebalance', seen), {
      about: 'rebalancing',
      until: ({ errorCode }) => errorCode === 27,
    }),
    ask('OffsetCommit', 9, (seen) =>
      committing('commit-rebalance', 'commit-rebalance', [{}], byMember(seen)),
    ),
    ask('LeaveGroup', 5, (seen) => ({
      groupId: 'commit-rebalance',
      members: [{ memberId: seen.last('JoinGroup').memberId }],
    })),
    { type: 'collect', as: 'b' },
    // Between join and sync.
    ask(
      'OffsetCommit',
      9,
      (seen) => {
        const { generationId, memberId } = seen.last('JoinGroup', 'b')
        const member = { generationIdOrMemberEpoch: generationId, memberId }
        return committing('commit-rebalance', 'commit-rebalance', [{}], member)
      },
      { about: 'before the sync' },
    ),
  ],
})

function rejoining(groupId: string) {
  return {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 20_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  }
}

export const offsetFetch = family('offset fetch', {
  'of one group, in every version': [
    createTopic('fetched', { partitions: 2 }),
    ask('OffsetCommit', 9, committing('fetched', 'fetched')),
    ask('OffsetFetch', [1, 2, 3, 5, 6, 7], fetching('fetched', ['fetched'])),
    ask('OffsetFetch', [8, 9], fetchingAll({ fetched: ['fetched'] })),
    ask('OffsetFetch', 10, (seen) => ({
      groups: [
        {
          groupId: 'fetched',
          topics: [{ topicId: seen.topicId('fetched'), partitionIndexes: [0, 1] }],
        },
      ],
    })),
  ],
  'all of a group': [
    createTopic('fetched-all', { partitions: 2 }),
    createTopic('fetched-more'),
    ask('OffsetCommit', 9, committing('fetched-all', 'fetched-all', [{}, { partitionIndex: 1 }])),
    ask('OffsetCommit', 9, committing('fetched-all', 'fetched-more')),
    ask('OffsetFetch', [2, 5, 7], fetching('fetched-all', null)),
    ask('OffsetFetch', [8, 9, 10], fetchingAll({ 'fetched-all': null })),
  ],
  'of several groups': [
    createTopic('fetched-several'),
    ask('OffsetCommit', 9, committing('fetched-one', 'fetched-several')),
    ask('OffsetCommit', 9, committing('fetched-two', 'fetched-several', [{ committedOffset: 9 }])),
    ask(
      'OffsetFetch',
      [8, 9],
      fetchingAll({
        'fetched-one': ['fetched-several'],
        'fetched-two': null,
        'fetched-three': ['fetched-several'],
      }),
    ),
    ask('OffsetFetch', [8, 9], { groups: [] }),
  ],
  'what was never committed': [
    createTopic('fetched-never'),
    ask('OffsetFetch', [1, 2, 7], fetching('fetched-never', ['fetched-never'])),
    ask('OffsetFetch', 8, fetchingAll({ 'fetched-never': ['fetched-never'] })),
    ask('OffsetFetch', [2, 7], fetching('fetched-never', null)),
    ask('OffsetFetch', [1, 7], fetching('fetched-never', ['fetched-nowhere'])),
    ask('OffsetFetch', [1, 7], fetching('fetched-never', [])),
    ask('OffsetFetch', [1, 7], fetching('', ['fetched-never'])),
    ask('OffsetFetch', 10, {
      groups: [
        { groupId: 'fetched-never', topics: [{ topicId: unknownId, partitionIndexes: [0] }] },
      ],
    }),
  ],
  'only what is stable': [
    createTopic('fetched-stable'),
    ask('OffsetCommit', 9, committing('fetched-stable', 'fetched-stable')),
    ask('OffsetFetch', 7, {
      ...fetching('fetched-stable', ['fetched-stable']),
      requireStable: true,
    }),
    ask('OffsetFetch', 9, { ...fetchingAll({ 'fetched-stable': null }), requireStable: true }),
  ],
  'with an epoch of a member, for groups of the new protocol': [
    createTopic('fetched-epoch'),
    ask('OffsetCommit', 9, committing('fetched-epoch', 'fetched-epoch')),
    ask('OffsetFetch', 9, {
      groups: [
        {
          groupId: 'fetched-epoch',
          memberId: 'nobody',
          memberEpoch: 5,
          topics: [{ name: 'fetched-epoch', partitionIndexes: [0] }],
        },
      ],
    }),
  ],
  'of a topic that was deleted': [
    createTopic('fetched-gone'),
    ask('OffsetCommit', 9, committing('fetched-gone', 'fetched-gone')),
    ask('DeleteTopics', 5, { topicNames: ['fetched-gone'], timeoutMs: 30_000 }),
    untilGone('fetched-gone'),
    ask('OffsetFetch', 7, fetching('fetched-gone', ['fetched-gone'], [0]), {
      about: 'once it is forgotten',
      until: ({ topics }) => topics[0]?.partitions[0]?.committedOffset === -1,
    }),
  ],
})

export const offsetDelete = family('offset delete', {
  'of an empty group': [
    createTopic('forget', { partitions: 2 }),
    ask('OffsetCommit', 9, committing('forget', 'forget', [{}, { partitionIndex: 1 }])),
    ask('OffsetDelete', 0, forgetting('forget', 'forget', [0])),
    ask('OffsetFetch', 7, fetching('forget', ['forget'])),
    ask('OffsetDelete', 0, forgetting('forget', 'forget', [0, 5])),
    ask('OffsetDelete', 0, forgetting('forget', 'forget-nowhere', [0])),
    ask('OffsetDelete', 0, { groupId: 'forget', topics: [] }),
  ],
  'of a group that is not there': [
    ask('OffsetDelete', 0, forgetting('forget-nowhere', 'forget', [0]), {
      gives: 'GROUP_ID_NOT_FOUND',
    }),
    ask('OffsetDelete', 0, forgetting('', 'forget', [0])),
  ],
  'of a topic that a member reads': [
    createTopic('forget-read'),
    createTopic('forget-other'),
    member('forget-read', subscription(['forget-read'])),
    ask('OffsetCommit', 9, (seen) =>
      committing('forget-read', 'forget-read', [{}], byMember(seen)),
    ),
    ask('OffsetDelete', 0, forgetting('forget-read', 'forget-read', [0]), {
      gives: 'GROUP_SUBSCRIBED_TO_TOPIC',
    }),
    ask('OffsetDelete', 0, forgetting('forget-read', 'forget-other', [0])),
  ],
})

function forgetting(groupId: string, name: string, partitions: readonly number[]) {
  const all = partitions.map((partitionIndex) => ({ partitionIndex }))
  return { groupId, topics: [{ name, partitions: all }] }
}
