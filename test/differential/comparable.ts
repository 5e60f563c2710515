import { apiOfKey } from '../../broker/protocol/apis.ts'
import { zeroUuid } from '../../broker/protocol/codec/uuid.ts'
import { errorName } from '../../broker/protocol/error-name.ts'
import { batchLines } from './batch-lines.ts'
import type { Peer } from './tell-story.ts'

/** An answer with nothing in it that differs from broker to broker: JSON. */
export type Told =
  | null
  | boolean
  | number
  | string
  | readonly Told[]
  | { readonly [name: string]: Told }

/**
 * Makes answers of one story comparable. What must differ is replaced by words that say what it is:
 * addresses, cluster ids, topic ids by the names they belong to; member ids, producer ids and sessions
 * by the order in which they came; paths; times of now. Left out are throttle times and what errors say in
 * words, which are for people, and Kafka's own change from release to release. Lists of things with a
 * name are sorted by it: neither broker promises an order. Codes of errors become their names.
 */
export class Comparable {
  private readonly peer: Peer
  private readonly numbers = new Map<string, number>()
  private readonly counts = new Map<string, number>()

  constructor(peer: Peer) {
    this.peer = peer
  }

  /** Notes ids of topics wherever they stand beside their names. */
  learn(answer: unknown): void {
    if (Array.isArray(answer)) for (const own of answer) this.learn(own)
    else if (isStruct(answer)) {
      const { topicId, name, topic = name } = answer
      if (typeof topicId === 'string' && topicId !== zeroUuid && typeof topic === 'string') {
        if (topic !== '') this.peer.topicNames.set(topicId, topic)
      }
      for (const own of Object.values(answer)) this.learn(own)
    }
  }

  of(value: unknown, field = ''): Told {
    if (value === null || value === undefined) return null
    if (typeof value === 'boolean') return value
    if (typeof value === 'number') return this.ofNumber(value, field)
    if (typeof value === 'bigint') return String(value)
    if (typeof value === 'string') return this.ofText(value, field)
    if (value instanceof Uint8Array) return this.ofBytes(value, field)
    if (Array.isArray(value)) {
      // What is numbered by its first appearance is so in the order of the answer.
      return sorted(value.map((own) => this.of(own, field)))
    }
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !leftOut.has(name))
        .map(([name, own]) => [name, this.of(own, name)]),
    )
  }

  private ofNumber(value: number, field: string): number | string {
    if (/errorCode$/i.test(field)) return errorName(value) ?? value
    if (field === 'port' && value === this.peer.port) return '<port>'
    if (field === 'apiKey') return apiOfKey(value)?.name ?? value
    if (numbered.has(field) && value > 0) return this.numberOf(field, String(value))
    if (field === 'totalBytes' || field === 'usableBytes') return value > 0 ? '<bytes>' : value
    if (field === 'finalizedFeaturesEpoch') return value >= 0 ? '<epoch>' : value
    if (Math.abs(value - Date.now()) < aDayMs) return '<now>'
    return value
  }

  private ofText(value: string, field: string): Told {
    if (field === 'topicId') {
      const name = this.peer.topicNames.get(value)
      return name === undefined ? value : `<id of ${name}>`
    }
    if (field === 'clusterId' && value !== '') return '<cluster id>'
    if (field === 'host' && value === this.peer.host) return '<host>'
    if (field === 'logDir' && value !== '') return '<directory>'
    // Behind the name of its client, since members come in no order.
    return value.replaceAll(uuidText, (uuid, at: number) => {
      return this.numberOf('uuid', uuid, value.slice(0, at))
    })
  }

  private ofBytes(value: Uint8Array, field: string): Told {
    if (field !== 'records') return Buffer.from(value).toString('base64')
    return batchLines(value, {
      time: (timestamp) => String(this.ofNumber(timestamp, 'timestamp')),
      producer: (id) => String(this.ofNumber(id, 'producerId')),
    })
  }

  private numberOf(kind: string, value: string, among = ''): string {
    const key = `${kind} ${value}`
    const known = this.numbers.get(key)
    const counted = `${kind} ${among}`
    const number = known ?? (this.counts.get(counted) ?? 0) + 1
    if (known === undefined) {
      this.counts.set(counted, number)
      this.numbers.set(key, number)
    }
    return `<${kind} ${number}>`
  }
}

/** By which a struct of a list is told from the others of the list. */
export function identityOf(told: Told): string | undefined {
  if (told === null || typeof told !== 'object' || Array.isArray(told)) return undefined
  const own = told as { readonly [name: string]: Told }
  const names = identities.filter((name) => name in own)
  const [only] = names.length > 0 ? [] : lesserIdentities.filter((name) => name in own)
  if (only !== undefined) return wordOf(own[only])
  if (names.length === 0) return undefined
  // Versions have either the name of a topic or its id.
  const said = names.map((name) => wordOf(own[name]))
  return said.filter((word) => word !== '' && word !== zeroUuid).join(' ')
}

function wordOf(told: Told | undefined): string {
  if (told === null || told === undefined) return ''
  return typeof told === 'object' ? JSON.stringify(told) : String(told)
}

/** Numbers and texts stay in the order they came in; things with a name go by it. */
function sorted(list: readonly Told[]): readonly Told[] {
  if (list.some((told) => identityOf(told) === undefined)) return list
  const keyed = list.map((told) => [identityOf(told) as string, told] as const)
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, told]) => told)
}

function isStruct(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

const leftOut: ReadonlySet<string> = new Set([
  'throttleTimeMs',
  'errorMessage',
  'batchIndexErrorMessage',
])
const numbered: ReadonlySet<string> = new Set(['producerId', 'sessionId'])
const identities = [
  'name',
  'topic',
  'topicName',
  'topicId',
  'resourceType',
  'resourceName',
  'groupId',
  'group',
  'memberId',
  'partitionIndex',
  'partitionId',
  'partition',
  'index',
  'apiKey',
  'key',
]
/** Those that stand for something else beside one of the above. */
const lesserIdentities = ['nodeId', 'brokerId', 'logDir', 'producerId']
/** As Java writes them. */
const uuidText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const aDayMs = 24 * 60 * 60 * 1_000
