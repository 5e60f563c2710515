import { decode } from '../../protocol/codec/codec.ts'
import { cursorBehindVersion } from '../../protocol/codec/versioned.ts'
import { ConsumerProtocolSubscription } from '../../protocol/generated/groups.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { type Member, metadataOf } from './member.ts'

type Membership = {
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly members: ReadonlyMap<string, Member>
}

/**
 * Topics that the members of a group of consumers subscribe to.
 *
 * @returns Undefined where nobody can tell: the group has another protocol type, or members that
 *   say it in bytes of their own.
 */
export function subscribedTopicsOf(group: Membership): ReadonlySet<string> | undefined {
  const { protocolType, protocol, members } = group
  if (protocolType !== 'consumer') return undefined
  if (members.size === 0) return new Set()
  if (protocol === null) return undefined
  const topics = new Set<string>()
  try {
    for (const member of members.values()) {
      for (const topic of topicsOf(metadataOf(member, protocol))) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
  return topics
}

/** Every version of the consumers' protocol begins like version 0, behind two bytes with its number. */
function topicsOf(metadata: Uint8Array): string[] {
  return decode(ConsumerProtocolSubscription, 0, cursorBehindVersion(metadata)).topics
}
