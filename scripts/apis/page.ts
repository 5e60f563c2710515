import type { ServedApi } from '../../broker/handlers/served.ts'
import { type ApiName, apiOf } from '../../broker/protocol/apis.ts'
import type { Versions } from './kafka-versions.ts'
import type { Kip } from './kips.ts'

type Tables = {
  readonly served: readonly ServedApi[]
  readonly kafka: ReadonlyMap<ApiName, Versions>
  readonly kips: readonly Kip[]
}

/** The page of what is supported, as Markdown. */
export function page({ served, kafka, kips }: Tables): string {
  const ours = new Map(
    served
      .filter(({ listeners }) => listeners.includes('client'))
      .map(({ name, versions: [first, last], advertisedFrom = first }) => {
        return [name, [advertisedFrom, last]] as const
      }),
  )
  const names = [...new Set([...kafka.keys(), ...ours.keys()])]
  const apiRows = names
    .toSorted((a, b) => apiOf(a).key - apiOf(b).key)
    .map((name) => {
      const [mine, theirs] = [ours.get(name), kafka.get(name)]
      return [apiOf(name).key, name, textOf(mine), textOf(theirs)]
    })
  const same = names.filter((name) => textOf(ours.get(name)) === textOf(kafka.get(name))).length
  const kipRows = kips.map((kip) => [
    `[KIP-${kip.number}](https://cwiki.apache.org/confluence/display/KAFKA/KIP-${kip.number})`,
    kip.about,
    needsOf(kip),
    stateOf(kip, ours),
  ])
  return [
    '# Supported APIs',
    '',
    '<!-- Made of the tables in broker/handlers and scripts/apis by `npm run generate:apis`. -->',
    '',
    'What a broker of kavka answers, beside what one of Apache Kafka 4.3.1 advertises as it comes. How the',
    'answers compare is in `test/differential`: the same requests go to both, and what differs has its reason',
    'in `test/differential/known-differences.ts`.',
    '',
    '## APIs and versions',
    '',
    `kavka serves ${ours.size} of ${kafka.size} APIs, ${same} of them in all of Kafka's versions.`,
    '',
    ...table(['key', 'API', 'kavka', 'Kafka 4.3.1'], apiRows),
    '',
    'Produce 0 to 2 are advertised for old librdkafka only, by both, and taken by neither.',
    '',
    '## KIPs',
    '',
    'Those that show in the protocol. "in part" where only some of the requests are served that it needs.',
    '',
    ...table(['KIP', 'what it is about', 'needs', 'kavka'], kipRows),
    '',
  ].join('\n')
}

function textOf(versions: Versions | undefined): string {
  if (versions === undefined) return 'no'
  const [first, last] = versions
  return first === last ? `${first}` : `${first} to ${last}`
}

function needsOf({ needs }: Kip): string {
  return Object.entries(needs)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

function stateOf({ needs, lacks }: Kip, ours: ReadonlyMap<ApiName, Versions>): string {
  const all = Object.entries(needs)
  const there = all.filter(([name, version]) => version <= (ours.get(name as ApiName)?.[1] ?? -1))
  if (there.length === 0) return 'no'
  if (there.length < all.length) return 'in part'
  return lacks === undefined ? 'yes' : `no: ${lacks}`
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
}
