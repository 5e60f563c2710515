import type { RequestInputOf, ResponseOf } from '../../../broker/protocol/apis.ts'
import { subscription } from '../requests.ts'
import { type Ask, ask, collect, family, type Seen, type Step } from '../story.ts'

const consumer = 'consumer'
const metadata = subscription(['whatever'])
const sessionTimeoutMs = 30_000
const rebalanceTimeoutMs = 20_000

type Join = RequestInputOf<'JoinGroup'>

function joining(groupId: string, more: Partial<Join> = {}): Join {
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberId: '',
    protocolType: consumer,
    protocols: [{ name: 'range', metadata }],
    ...more,
  }
}

/** The member id that `as` was given last. */
function idOf(seen: Seen, as = 'a'): string {
  return seen.last('JoinGroup', as).memberId
}

function generationOf(seen: Seen, as = 'a'): number {
  return seen.last('JoinGroup', as).generationId
}

/** Joins in the two steps that a member without a name of its own needs since version 4 (KIP-394). */
function join(groupId: string, as = 'a', more: Partial<Join> = {}): Ask[] {
  return [
    ...ask('JoinGroup', 9, joining(groupId, more), {
      as,
      about: 'for an id',
      gives: 'MEMBER_ID_REQUIRED',
    }),
    ...ask('JoinGroup', 9, (seen) => joining(groupId, { memberId: idOf(seen, as), ...more }), {
      as,
    }),
  ]
}

/** The leader's assignment, one for each of the members. */
function sync(groupId: string, members: readonly string[] = ['a'], as = 'a'): Ask[] {
  return ask(
    'SyncGroup',
    5,
    (seen) => ({
      ...memberOf(groupId, seen, as),
      protocolType: consumer,
      protocolName: 'range',
      assignments: members.map((name) => {
        return { memberId: idOf(seen, name), assignment: Buffer.from(`what ${name} reads`) }
      }),
    }),
    { as },
  )
}

function memberOf(groupId: string, seen: Seen, as = 'a') {
  return { groupId, generationId: generationOf(seen, as), memberId: idOf(seen, as) }
}

/** A group with one member that is stable. */
function stable(groupId: string): Ask[] {
  return [...join(groupId), ...sync(groupId)]
}

/** A group with two members: the first is its leader and reads for both. */
function twoMembers(groupId: string): Step[] {
  return [
    ...stable(groupId),
    ...ask('JoinGroup', 9, joining(groupId), { as: 'b', gives: 'MEMBER_ID_REQUIRED' }),
    ...ask('JoinGroup', 9, (seen) => joining(groupId, { memberId: idOf(seen, 'b') }), {
      as: 'b',
      later: true,
    }),
    ...untilRebalancing(groupId),
    ...ask('JoinGroup', 9, (seen) => joining(groupId, { memberId: idOf(seen) })),
    collect('b'),
    ...sync(groupId, ['a', 'b']),
    ...sync(groupId, [], 'b'),
  ]
}

/** Until the first member hears that it is to join again. */
function untilRebalancing(groupId: string): Ask[] {
  return ask('Heartbeat', 4, (seen) => memberOf(groupId, seen), {
    about: 'rebalancing',
    until: ({ errorCode }) => errorCode === 27,
    gives: 'REBALANCE_IN_PROGRESS',
  })
}

function leaving(groupId: string, seen: Seen, as = 'a'): RequestInputOf<'LeaveGroup'> {
  return { groupId, members: [{ memberId: idOf(seen, as) }] }
}

export const joinGroup = family('join group', {
  'the first member, in old versions': [
    [0, 1, 2, 3].map((version) =>
      ask(
        'JoinGroup',
        version,
        version === 0 ? joinedIn0(version) : joining(`join-old-${version}`),
      ),
    ),
  ],
  'the first member, in two steps': [
    [4, 5, 6, 7, 8, 9].map((version) => [
      ask('JoinGroup', version, joining(`join-${version}`), { gives: 'MEMBER_ID_REQUIRED' }),
      ask('JoinGroup', version, (seen) => joining(`join-${version}`, { memberId: idOf(seen) })),
      ask('JoinGroup', version, (seen) => joining(`join-${version}`, { memberId: idOf(seen) }), {
        about: 'again',
      }),
    ]),
  ],
  'a member that nobody knows': [
    ask('JoinGroup', [1, 5, 9], joining('join-unknown', { memberId: 'nobody' }), {
      gives: 'UNKNOWN_MEMBER_ID',
    }),
    stable('join-known'),
    ask('JoinGroup', 9, joining('join-known', { memberId: 'nobody' }), {
      as: 'b',
      gives: 'UNKNOWN_MEMBER_ID',
    }),
  ],
  'a group without a name': [
    ask('JoinGroup', [1, 5, 9], joining(''), { gives: 'INVALID_GROUP_ID' }),
  ],
  'times of a session that are out of bounds': [
    ask('JoinGroup', [1, 9], joining('join-session', { sessionTimeoutMs: 999 }), {
      gives: 'INVALID_SESSION_TIMEOUT',
    }),
    ask('JoinGroup', 9, joining('join-session', { sessionTimeoutMs: 1_800_001 }), {
      gives: 'INVALID_SESSION_TIMEOUT',
    }),
    ask('JoinGroup', 9, joining('join-session', { sessionTimeoutMs: -1 }), {
      gives: 'INVALID_SESSION_TIMEOUT',
    }),
  ],
  'protocols that do not fit': [
    ask('JoinGroup', [1, 9], joining('join-none', { protocols: [] }), {
      gives: 'INCONSISTENT_GROUP_PROTOCOL',
    }),
    ask('JoinGroup', [1, 9], joining('join-none', { protocolType: '' }), {
      gives: 'INCONSISTENT_GROUP_PROTOCOL',
    }),
    stable('join-other'),
    ask('JoinGroup', [1, 9], joining('join-other', { protocolType: 'connect' }), {
      as: 'b',
      gives: 'INCONSISTENT_GROUP_PROTOCOL',
    }),
    ask('JoinGroup', 9, joining('join-other', { protocols: [{ name: 'sticky', metadata }] }), {
      as: 'b',
      gives: 'INCONSISTENT_GROUP_PROTOCOL',
    }),
  ],
  'any protocol type may be chosen by the first': [
    ask('JoinGroup', 3, joining('join-connect', { protocolType: 'connect' })),
  ],
  'the protocol with the most votes': [
    ask('JoinGroup', 9, joining('join-votes', twoProtocols('sticky', 'range')), {
      gives: 'MEMBER_ID_REQUIRED',
    }),
    ask('JoinGroup', 9, (seen) =>
      joining('join-votes', { memberId: idOf(seen), ...twoProtocols('sticky', 'range') }),
    ),
    ask('DescribeGroups', 5, { groups: ['join-votes'] }),
  ],
  'a second member makes a new generation': [twoMembers('join-two')],
  'more members than there may be': [
    stable('join-full'),
    ['b', 'c', 'd'].map((as) => ask('JoinGroup', 3, joining('join-full'), { as, later: true })),
    ask(
      'DescribeGroups',
      5,
      { groups: ['join-full'] },
      {
        about: 'until all have come',
        until: ({ groups }) => groups[0]?.members.length === 4,
        only: ({ groups }) => groups.map(({ groupState }) => groupState),
      },
    ),
    ask('JoinGroup', 9, (seen) => joining('join-full', { memberId: idOf(seen) })),
    ['b', 'c', 'd'].map(collect),
    ask('JoinGroup', [3, 9], joining('join-full'), { as: 'e', gives: 'GROUP_MAX_SIZE_REACHED' }),
  ],
  'a member that joins again with something else': [
    stable('join-again'),
    ask('JoinGroup', 9, (seen) => joining('join-again', { memberId: idOf(seen) }), {
      about: 'as it was',
    }),
    sync('join-again'),
    ask('JoinGroup', 9, (seen) =>
      joining('join-again', {
        memberId: idOf(seen),
        protocols: [{ name: 'range', metadata: subscription(['something else']) }],
      }),
    ),
  ],
})

/** Version 0 has no rebalance timeout. */
function joinedIn0(version: number): Join {
  const { rebalanceTimeoutMs: _, ...rest } = joining(`join-old-${version}`)
  return rest
}

function twoProtocols(first: string, second: string): Pick<Join, 'protocols'> {
  return { protocols: [first, second].map((name) => ({ name, metadata })) }
}

export const syncGroup = family('sync group', {
  'the leader brings the assignment, in every version': [
    [0, 1, 2, 3].map((version) => [
      join(`sync-${version}`),
      ask('SyncGroup', version, (seen) => ({
        ...memberOf(`sync-${version}`, seen),
        assignments: [{ memberId: idOf(seen), assignment: Buffer.from('all of it') }],
      })),
      ask(
        'SyncGroup',
        version,
        (seen) => ({ ...memberOf(`sync-${version}`, seen), assignments: [] }),
        {
          about: 'again',
        },
      ),
    ]),
    [4, 5].map((version) => [
      join(`sync-${version}`),
      ask('SyncGroup', version, (seen) => ({
        ...memberOf(`sync-${version}`, seen),
        assignments: [{ memberId: idOf(seen), assignment: Buffer.from('all of it') }],
        ...(version < 5 ? {} : { protocolType: consumer, protocolName: 'range' }),
      })),
    ]),
  ],
  'members and generations that are not': [
    stable('sync-members'),
    ask(
      'SyncGroup',
      [0, 5],
      (seen, version) => named(version, { ...memberOf('sync-members', seen), memberId: 'nobody' }),
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask(
      'SyncGroup',
      [0, 5],
      (seen, version) => named(version, { ...memberOf('sync-members', seen), generationId: 7 }),
      {
        gives: 'ILLEGAL_GENERATION',
      },
    ),
    ask(
      'SyncGroup',
      5,
      (seen) => named(5, { ...memberOf('sync-members', seen), groupId: 'sync-nowhere' }),
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask('SyncGroup', 5, (seen) => named(5, { ...memberOf('sync-members', seen), groupId: '' }), {
      gives: 'INVALID_GROUP_ID',
    }),
  ],
  'a protocol that the group has not': [
    stable('sync-protocol'),
    ask(
      'SyncGroup',
      5,
      (seen) => ({
        ...memberOf('sync-protocol', seen),
        assignments: [],
        protocolType: 'connect',
        protocolName: 'range',
      }),
      { gives: 'INCONSISTENT_GROUP_PROTOCOL' },
    ),
    ask(
      'SyncGroup',
      5,
      (seen) => ({
        ...memberOf('sync-protocol', seen),
        assignments: [],
        protocolType: consumer,
        protocolName: 'sticky',
      }),
      { gives: 'INCONSISTENT_GROUP_PROTOCOL' },
    ),
  ],
  'while the group rebalances': [
    stable('sync-late'),
    ask('JoinGroup', 9, joining('sync-late'), { as: 'b', gives: 'MEMBER_ID_REQUIRED' }),
    ask('JoinGroup', 9, (seen) => joining('sync-late', { memberId: idOf(seen, 'b') }), {
      as: 'b',
      later: true,
    }),
    untilRebalancing('sync-late'),
    ask('SyncGroup', 5, (seen) => named(5, memberOf('sync-late', seen)), {
      gives: 'REBALANCE_IN_PROGRESS',
    }),
    ask('LeaveGroup', 5, (seen) => leaving('sync-late', seen)),
    collect('b'),
  ],
})

function named(
  version: number,
  member: { groupId: string; generationId: number; memberId: string },
) {
  const protocol = version < 5 ? {} : { protocolType: consumer, protocolName: 'range' }
  return { ...member, ...protocol, assignments: [] }
}

export const heartbeat = family('heartbeat', {
  'of a member, in every version': [
    stable('beat'),
    ask('Heartbeat', [0, 1, 2, 3, 4], (seen) => memberOf('beat', seen)),
  ],
  'members and generations that are not': [
    stable('beat-members'),
    ask(
      'Heartbeat',
      [0, 3, 4],
      (seen) => ({ ...memberOf('beat-members', seen), memberId: 'nobody' }),
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask('Heartbeat', [0, 4], (seen) => ({ ...memberOf('beat-members', seen), generationId: 5 }), {
      gives: 'ILLEGAL_GENERATION',
    }),
    ask('Heartbeat', 4, (seen) => ({ ...memberOf('beat-members', seen), generationId: -1 }), {
      gives: 'ILLEGAL_GENERATION',
    }),
    ask(
      'Heartbeat',
      [0, 4],
      { groupId: 'beat-nowhere', generationId: 1, memberId: 'nobody' },
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask(
      'Heartbeat',
      4,
      { groupId: '', generationId: 1, memberId: 'nobody' },
      {
        gives: 'INVALID_GROUP_ID',
      },
    ),
  ],
  'between join and sync': [
    join('beat-early'),
    ask('Heartbeat', [0, 4], (seen) => memberOf('beat-early', seen)),
  ],
})

export const leaveGroup = family('leave group', {
  'a member leaves, in every version': [
    [0, 1, 2].map((version) => [
      stable(`leave-${version}`),
      ask('LeaveGroup', version, (seen) => ({ groupId: `leave-${version}`, memberId: idOf(seen) })),
    ]),
    [3, 4, 5].map((version) => [
      stable(`leave-${version}`),
      ask('LeaveGroup', version, (seen) => leaving(`leave-${version}`, seen)),
    ]),
    ask('DescribeGroups', 5, { groups: ['leave-0', 'leave-5'] }),
  ],
  'that was never there': [
    ask(
      'LeaveGroup',
      [0, 2],
      { groupId: 'leave-nowhere', memberId: 'nobody' },
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask(
      'LeaveGroup',
      [3, 5],
      { groupId: 'leave-nowhere', members: [{ memberId: 'nobody' }] },
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    stable('leave-known'),
    ask(
      'LeaveGroup',
      [0, 2],
      { groupId: 'leave-known', memberId: 'nobody' },
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
    ask(
      'LeaveGroup',
      5,
      (seen) => ({
        groupId: 'leave-known',
        members: [{ memberId: 'nobody' }, { memberId: idOf(seen), reason: 'done' }],
      }),
      { gives: 'UNKNOWN_MEMBER_ID' },
    ),
    ask('LeaveGroup', 5, { groupId: '', members: [{ memberId: 'nobody' }] }),
    ask('LeaveGroup', 5, { groupId: 'leave-known', members: [] }),
  ],
  'one of two: the other one rebalances': [
    twoMembers('leave-one'),
    ask('LeaveGroup', 5, (seen) => leaving('leave-one', seen, 'b'), { as: 'b' }),
    untilRebalancing('leave-one'),
    ask('JoinGroup', 9, (seen) => joining('leave-one', { memberId: idOf(seen) })),
  ],
})

function asStatic(groupId: string, groupInstanceId: string, more: Partial<Join> = {}): Join {
  return joining(groupId, { groupInstanceId, ...more })
}

/** A group of one member that has a name of its own, which needs no second step. */
function oneStatic(groupId: string): Ask[] {
  return [...ask('JoinGroup', 9, asStatic(groupId, 'one')), ...sync(groupId)]
}

function staticMember(groupId: string, seen: Seen, as = 'a') {
  return { ...memberOf(groupId, seen, as), groupInstanceId: 'one' }
}

export const staticMembers = family('static members', {
  'join in one step, in every version': [
    [5, 7, 8, 9].map((version) => ask('JoinGroup', version, asStatic(`static-${version}`, 'one'))),
  ],
  'who comes back has what it had': [
    oneStatic('static-back'),
    ask('JoinGroup', 9, asStatic('static-back', 'one'), { as: 'again' }),
    ask(
      'SyncGroup',
      5,
      (seen) => ({
        ...memberOf('static-back', seen, 'again'),
        groupInstanceId: 'one',
        protocolType: consumer,
        protocolName: 'range',
        assignments: [],
      }),
      { as: 'again' },
    ),
    ask('Heartbeat', [3, 4], (seen) => staticMember('static-back', seen), {
      about: 'of the one before',
      gives: 'FENCED_INSTANCE_ID',
    }),
    ask(
      'SyncGroup',
      5,
      (seen) => ({ ...named(5, memberOf('static-back', seen)), groupInstanceId: 'one' }),
      {
        about: 'of the one before',
        gives: 'FENCED_INSTANCE_ID',
      },
    ),
    ask('JoinGroup', 9, (seen) => asStatic('static-back', 'one', { memberId: idOf(seen) }), {
      about: 'of the one before',
      gives: 'FENCED_INSTANCE_ID',
    }),
    ask(
      'OffsetCommit',
      9,
      (seen) => ({
        groupId: 'static-back',
        generationIdOrMemberEpoch: generationOf(seen),
        memberId: idOf(seen),
        groupInstanceId: 'one',
        topics: [
          {
            name: 'static-topic',
            partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
          },
        ],
      }),
      { about: 'of the one before' },
    ),
    ask(
      'LeaveGroup',
      5,
      (seen) => ({
        groupId: 'static-back',
        members: [{ memberId: idOf(seen), groupInstanceId: 'one' }],
      }),
      { about: 'of the one before', gives: 'FENCED_INSTANCE_ID' },
    ),
  ],
  'who comes back with something else rebalances': [
    oneStatic('static-changed'),
    ask(
      'JoinGroup',
      9,
      asStatic('static-changed', 'one', {
        protocols: [{ name: 'range', metadata: subscription(['something else']) }],
      }),
      { as: 'again' },
    ),
  ],
  'are taken out by an admin': [
    oneStatic('static-removed'),
    ask('LeaveGroup', [3, 5], {
      groupId: 'static-removed',
      members: [{ memberId: '', groupInstanceId: 'nobody' }],
    }),
    ask('LeaveGroup', 5, {
      groupId: 'static-removed',
      members: [{ memberId: '', groupInstanceId: 'one' }],
    }),
    ask('Heartbeat', 4, (seen) => staticMember('static-removed', seen), {
      gives: 'UNKNOWN_MEMBER_ID',
    }),
  ],
  'an instance that nobody has': [
    oneStatic('static-nobody'),
    ask(
      'Heartbeat',
      4,
      (seen) => ({ ...memberOf('static-nobody', seen), groupInstanceId: 'two' }),
      {
        gives: 'UNKNOWN_MEMBER_ID',
      },
    ),
  ],
  'are described': [
    oneStatic('static-described'),
    ask('DescribeGroups', [4, 5], { groups: ['static-described'] }),
  ],
})

/** Of all groups those of a story. */
function ofGroups(prefix: string) {
  return ({ groups, ...rest }: ResponseOf<'ListGroups'>) => ({
    ...rest,
    groups: groups.filter(({ groupId }) => groupId.startsWith(prefix)),
  })
}

export const describeGroups = family('describe groups', {
  'a stable one, in every version': [
    stable('describe-stable'),
    ask('DescribeGroups', [0, 1, 2, 3, 4, 5, 6], { groups: ['describe-stable'] }),
  ],
  'that are not there': [
    ask('DescribeGroups', [0, 3, 5], { groups: ['describe-nowhere'] }),
    ask('DescribeGroups', 6, { groups: ['describe-nowhere'] }, { gives: 'GROUP_ID_NOT_FOUND' }),
    ask('DescribeGroups', [0, 5], { groups: [''] }),
    ask('DescribeGroups', [0, 5, 6], { groups: [] }),
  ],
  'in other states': [
    join('describe-joined'),
    stable('describe-left'),
    ask('LeaveGroup', 5, (seen) => leaving('describe-left', seen)),
    ask('DescribeGroups', [0, 5, 6], { groups: ['describe-joined', 'describe-left'] }),
  ],
  'what may be done': [
    stable('describe-operations'),
    ask('DescribeGroups', [3, 5], {
      groups: ['describe-operations', 'describe-nowhere'],
      includeAuthorizedOperations: true,
    }),
  ],
  'asked for twice': [
    stable('describe-twice'),
    ask('DescribeGroups', 5, { groups: ['describe-twice', 'describe-twice'] }),
  ],
})

export const listGroups = family('list groups', {
  'all, in every version': [
    stable('list-stable'),
    stable('list-empty'),
    ask('LeaveGroup', 5, (seen) => leaving('list-empty', seen)),
    ask('ListGroups', [0, 1, 2, 3], {}, { only: ofGroups('list-') }),
    ask('ListGroups', [4, 5], { statesFilter: [] }, { only: ofGroups('list-') }),
  ],
  'by state': [
    stable('list-by-stable'),
    stable('list-by-empty'),
    ask('LeaveGroup', 5, (seen) => leaving('list-by-empty', seen)),
    [['Stable'], ['Empty'], ['Stable', 'Empty'], ['stable'], ['Nowhere'], ['Dead']].map(
      (statesFilter) =>
        ask(
          'ListGroups',
          [4, 5],
          { statesFilter },
          {
            about: statesFilter.join(' '),
            only: ofGroups('list-by-'),
          },
        ),
    ),
  ],
  'by type': [
    stable('list-type'),
    [['classic'], ['Classic'], ['consumer'], ['share'], ['no such'], ['classic', 'consumer']].map(
      (typesFilter) =>
        ask(
          'ListGroups',
          5,
          { statesFilter: [], typesFilter },
          {
            about: typesFilter.join(' '),
            only: ofGroups('list-type'),
          },
        ),
    ),
  ],
})

export const deleteGroups = family('delete groups', {
  'that are empty, in every version': [
    [0, 1, 2].map((version) => [
      stable(`remove-${version}`),
      ask('LeaveGroup', 5, (seen) => leaving(`remove-${version}`, seen)),
      ask('DeleteGroups', version, { groupsNames: [`remove-${version}`] }),
      ask('DescribeGroups', 6, { groups: [`remove-${version}`] }),
    ]),
  ],
  'that have members': [
    stable('remove-stable'),
    ask('DeleteGroups', [0, 2], { groupsNames: ['remove-stable'] }, { gives: 'NON_EMPTY_GROUP' }),
  ],
  'that are not there': [
    ask(
      'DeleteGroups',
      [0, 2],
      { groupsNames: ['remove-nowhere'] },
      { gives: 'GROUP_ID_NOT_FOUND' },
    ),
    ask('DeleteGroups', 2, { groupsNames: [''] }),
    ask('DeleteGroups', [0, 2], { groupsNames: [] }),
  ],
  'several at once': [
    stable('remove-many'),
    ask('DeleteGroups', 2, { groupsNames: ['remove-many', 'remove-nowhere'] }),
  ],
})

export const findCoordinator = family('find coordinator', {
  'of a group, in every version': [
    ask('FindCoordinator', [0, 1, 2, 3], { key: 'find-group' }),
    ask('FindCoordinator', [4, 5, 6], { coordinatorKeys: ['find-group', 'find-other'] }),
  ],
  'keys that are none': [
    ask('FindCoordinator', [0, 3], { key: '' }),
    ask('FindCoordinator', [4, 6], { coordinatorKeys: [''] }),
    ask('FindCoordinator', [4, 6], { coordinatorKeys: [] }),
  ],
  'of something else': [
    ask('FindCoordinator', [1, 3], { key: 'find-none', keyType: 7 }),
    ask('FindCoordinator', 4, { coordinatorKeys: ['find-none'], keyType: 7 }),
    ask('FindCoordinator', 4, { coordinatorKeys: ['find-none'], keyType: -1 }),
    ask('FindCoordinator', [4, 6], { coordinatorKeys: ['no share key'], keyType: 2 }),
  ],
})
