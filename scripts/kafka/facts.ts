/** What Definitions.java prints: Kafka's message definitions as they are, and more tables. */
export type Facts = {
  messages: RawMessage[]
  errors: { name: string; code: number; retriable: boolean }[]
  topicConfigs: ConfigFact[]
  brokerConfigs: ConfigFact[]
  groupConfigs: ConfigFact[]
  clientMetricsConfigs: ConfigFact[]
  dynamicBrokerConfigs: string[]
}
export type ConfigFact = {
  name: string
  type: string
  default: string | null
  required: boolean
  validator: string | null // as it prints itself, such as `[0,...,1]` or `[compact, delete]`
}

type RawMessage = {
  name: string
  type: string
  apiKey?: number
  validVersions: string
  flexibleVersions?: string
  latestVersionUnstable?: boolean
  listeners?: string[]
  fields?: RawField[]
  commonStructs?: { name: string; fields: RawField[] }[]
}
type RawField = {
  name: string
  type: string
  versions?: string
  nullableVersions?: string
  taggedVersions?: string
  tag?: number
  flexibleVersions?: string
  ignorable?: boolean
  default?: unknown
  fields?: RawField[]
}

/** One message, resolved: common structs in place, names and versions as kavka's tables want them. */
export type MessageFact = {
  name: string
  kind: 'request' | 'response' | 'header' | 'record' | 'data'
  apiKey: number | undefined
  versions: Range
  flexibleSince: number | undefined
  latestVersionUnstable: boolean
  listeners: string[]
  fields: FieldFact[]
}
export type FieldFact = {
  name: string
  type: string // a primitive of Kafka's, 'bigint64' or 'struct'
  isArray: boolean
  options: Record<string, unknown>
  fields: FieldFact[]
}
type Range = readonly [number, number]

const kinds: Record<string, MessageFact['kind']> = {
  request: 'request',
  response: 'response',
  header: 'header',
  data: 'data',
  metadata: 'record',
  'coordinator-key': 'record',
  'coordinator-value': 'record',
}

/** The messages that have a version left, in the order of their names, and the other tables. */
export function normalise(facts: Facts) {
  const messages = facts.messages.filter(({ validVersions }) => validVersions !== 'none')
  return { ...facts, messages: messages.map(resolveMessage) }
}
export type Normalised = ReturnType<typeof normalise>

function resolveMessage(raw: RawMessage): MessageFact {
  const versions = parseRange(raw.validVersions)
  const kind = kinds[raw.type]
  if (versions === undefined || kind === undefined) throw new Error(`what is ${raw.name}?`)
  const structs = new Map(raw.commonStructs?.map((struct) => [struct.name, struct.fields]))
  const flexible = parseRange(raw.flexibleVersions)
  return {
    name: raw.name,
    kind,
    apiKey: raw.apiKey,
    versions,
    flexibleSince: flexible && Math.max(flexible[0], versions[0]),
    latestVersionUnstable: raw.latestVersionUnstable ?? false,
    listeners: raw.listeners ?? [],
    fields: resolveFields(raw.fields ?? [], versions, structs, raw.name),
  }
}

type Structs = Map<string, RawField[]>

/** The fields that a valid version still has: Kafka keeps some whose last version was removed. */
function resolveFields(fields: RawField[], parent: Range, structs: Structs, path: string) {
  const versionsOf = (raw: RawField) => intersect(parent, raw.versions ?? raw.taggedVersions)
  return fields
    .filter((raw) => versionsOf(raw)[0] <= versionsOf(raw)[1])
    .map((raw) => resolveField(raw, versionsOf(raw), parent, structs, path))
}

function resolveField(
  raw: RawField,
  versions: Range,
  parent: Range,
  structs: Structs,
  path: string,
): FieldFact {
  const isArray = raw.type.startsWith('[]')
  const rawType = isArray ? raw.type.slice(2) : raw.type
  const isStruct = /^[A-Z]/.test(rawType)
  const type = isStruct ? 'struct' : usesAllBits(path, raw.name) ? 'bigint64' : rawType
  // Versions are said relative to the struct around: a field that all its versions have is plain.
  const options: Record<string, unknown> = {}
  if (versions[0] > parent[0]) options['since'] = versions[0]
  if (versions[1] < parent[1]) options['last'] = versions[1]
  if (raw.tag !== undefined) options['tag'] = raw.tag
  const nullable = parseRange(raw.nullableVersions)
  if (nullable !== undefined) options['nullableSince'] = Math.max(nullable[0], versions[0])
  const fallback = parseDefault(raw, type, isArray)
  if (fallback !== undefined) options['default'] = fallback
  if (raw.ignorable === true) options['ignorable'] = true
  if (raw.flexibleVersions === 'none') options['compact'] = false

  const inner = raw.fields ?? structs.get(rawType)
  if (isStruct && inner === undefined) throw new Error(`${path}.${raw.name}: no struct ${rawType}`)
  const below = `${path}.${raw.name}`
  const fields = isStruct ? resolveFields(inner!, versions, structs, below) : []
  return { name: raw.name[0]!.toLowerCase() + raw.name.slice(1), type, isArray, options, fields }
}

/** The few 64-bit fields whose values go beyond what a JavaScript number holds exactly. */
function usesAllBits(path: string, name: string): boolean {
  if (name === 'MetadataHash') return true // a hash
  return path.startsWith('FetchRequest.') && name === 'HighWatermark' // 2^63 - 1 when unknown
}

/** Undefined where there is none: in Kafka's files a bare null says that, and "null" says null. */
function parseDefault(raw: RawField, type: string, isArray: boolean): unknown {
  const value = raw.default
  if (value === undefined || value === null) return undefined
  if (value === 'null') return null
  if (isArray || type === 'struct' || type === 'bytes') throw new Error(`default of ${raw.name}?`)
  if (type === 'bool') return value === true || value === 'true'
  if (type === 'string' || type === 'uuid') return value
  if (type === 'bigint64') return BigInt(value as string)
  const number = Number(value)
  if (Number.isNaN(number)) throw new Error(`default of ${raw.name}?`)
  return number
}

function intersect([first, last]: Range, text: string | undefined): Range {
  const own = parseRange(text)
  if (own === undefined) throw new Error('a field without versions')
  return [Math.max(own[0], first), Math.min(own[1], last)]
}

function parseRange(text: string | undefined): Range | undefined {
  if (text === undefined || text === 'none') return undefined
  const [first, last] = text.endsWith('+') ? [text.slice(0, -1), '32767'] : text.split('-')
  return [Number(first), Number(last ?? first)]
}
