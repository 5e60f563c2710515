import type { Answers } from './answers.ts'

/**
 * What consumers with a group need, for groups of one member: it leads, and gets the assignment
 * that it has made itself. Nothing is kept, so there are no committed offsets either.
 */
export const groupAnswers: Answers = {
  FindCoordinator({ key, coordinatorKeys }, { version, node }) {
    if (version < 4) return { errorCode: 0, errorMessage: null, ...node, coordinators: [] }
    const found = { ...node, errorCode: 0, errorMessage: null }
    const keys = key === '' ? coordinatorKeys : [key]
    return { coordinators: keys.map((own) => ({ key: own, ...found })) }
  },

  JoinGroup({ memberId, groupInstanceId, protocolType, protocols }, { clientId }) {
    const own = memberId === '' ? `${clientId}-1` : memberId
    const { name = '', metadata = new Uint8Array() } = protocols[0] ?? {}
    return {
      errorCode: 0,
      generationId: 1,
      protocolType,
      protocolName: name,
      leader: own,
      memberId: own,
      members: [{ memberId: own, groupInstanceId, metadata }],
    }
  },

  SyncGroup: ({ protocolType, protocolName, assignments }) => ({
    errorCode: 0,
    protocolType,
    protocolName,
    assignment: assignments[0]?.assignment ?? new Uint8Array(),
  }),

  Heartbeat: () => ({ errorCode: 0 }),

  LeaveGroup: ({ members }) => ({
    errorCode: 0,
    members: members.map((member) => ({ ...member, errorCode: 0 })),
  }),

  OffsetFetch: ({ topics, groups }) => ({
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(notCommitted),
    })),
    groups: groups.map(({ groupId, topics: own }) => ({
      groupId,
      topics: (own ?? []).map(({ name, topicId, partitionIndexes }) => ({
        name,
        topicId,
        partitions: partitionIndexes.map(notCommitted),
      })),
    })),
  }),

  OffsetCommit: ({ topics }) => ({
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
    })),
  }),
}

function notCommitted(partitionIndex: number) {
  return { partitionIndex, committedOffset: -1, metadata: null, errorCode: 0 }
}
