import type { ApiName, RequestInputOf, ResponseOf } from '../../broker/protocol/apis.ts'
import type { errorCodes } from '../../broker/protocol/generated/error-codes.ts'

export type ErrorName = keyof typeof errorCodes

/** A few requests that belong together, sent one after another to both brokers. */
export type Story = { readonly title: string; readonly steps: readonly Step[] }

/** Names of topics and groups are a story's own, so that none meets what another one left. */
export type Step = Ask | Collect | Tell | Raw

/** A request whose answer is waited for, and compared. */
export type Ask = {
  readonly type: 'ask'
  readonly api: ApiName
  readonly version: number
  readonly about: string | undefined
  readonly body: (seen: Seen) => unknown
  readonly as: string
  readonly isLater: boolean
  readonly gives: readonly ErrorName[]
  readonly until: ((answer: never) => boolean) | undefined
  readonly only: ((answer: never) => unknown) | undefined
  readonly reframe: (frame: Buffer) => Buffer
}

/** The answer to what was asked with `later`. */
export type Collect = { readonly type: 'collect'; readonly as: string }

/** A request that has no answer; whether the connection is still served is compared. */
export type Tell = Pick<Ask, 'api' | 'version' | 'about' | 'body' | 'as'> & {
  readonly type: 'tell'
}

/** Any bytes; what comes until the connection is closed, or answers something else, is compared. */
export type Raw = {
  readonly type: 'raw'
  readonly label: string
  readonly bytes: (seen: Seen) => Uint8Array
  readonly as: string
  /** What the bytes ask for, so that answers can be read. */
  readonly answers: readonly (readonly [api: ApiName, version: number])[]
  /** Nothing more is sent behind the bytes, which may end in the middle of a frame. */
  readonly isLast: boolean
}

/** What a broker has answered so far. */
export type Seen = {
  /** The last answer to that API on the connection of `as`. */
  last<N extends ApiName>(api: N, as?: string): ResponseOf<N>
  /** Of a topic that was created or shown before. */
  topicId(name: string): string
}

export type AskOptions<N extends ApiName> = {
  /** Tells it from the other requests of the story. */
  readonly about?: string
  /** Whose connection it is sent on; 'a' if left out. */
  readonly as?: string
  /** Errors that Kafka's answer has: otherwise the story does not tell what it is meant to. */
  readonly gives?: ErrorName | readonly ErrorName[]
  /** Asked again until the answer is so. */
  readonly until?: (answer: ResponseOf<N>) => boolean
  /** What of the answer is compared, where others are in it. */
  readonly only?: (answer: ResponseOf<N>) => unknown
  /** Goes on without the answer, which `collect` waits for. */
  readonly later?: true
  /** Changes the bytes, with their size in front. */
  readonly reframe?: (frame: Buffer) => Buffer
}

type Body<N extends ApiName> =
  | RequestInputOf<N>
  | ((seen: Seen, version: number) => RequestInputOf<N>)

/** The same request in one version, or in several one after another. */
export function ask<N extends ApiName>(
  api: N,
  versions: number | readonly number[],
  body: Body<N>,
  { about, as = 'a', gives = [], until, only, later, reframe }: AskOptions<N> = {},
): Ask[] {
  return [versions].flat().map((version) => ({
    type: 'ask',
    api,
    version,
    about,
    body: (seen) => (typeof body === 'function' ? body(seen, version) : body),
    as,
    isLater: later === true,
    gives: [gives].flat(),
    until,
    only,
    reframe: reframe ?? ((frame) => frame),
  }))
}

/** Waits for the answer to what `as` has asked with `later`. */
export function collect(as: string): Collect {
  return { type: 'collect', as }
}

/** Sends what has no answer, and looks whether the connection is still served. */
export function tell<N extends ApiName>(
  api: N,
  versions: number | readonly number[],
  body: Body<N>,
  { as = 'a' }: { as?: string } = {},
): Tell[] {
  return [versions].flat().map((version) => ({
    type: 'tell',
    api,
    version,
    about: undefined,
    body: (seen) => (typeof body === 'function' ? body(seen, version) : body),
    as,
  }))
}

/** Sends bytes that need not be any request. */
export function raw(
  label: string,
  bytes: Uint8Array | ((seen: Seen) => Uint8Array),
  { as = 'a', answers = [], isLast = false }: Partial<Pick<Raw, 'as' | 'answers' | 'isLast'>> = {},
): Raw {
  const bytesOf = typeof bytes === 'function' ? bytes : () => bytes
  return { type: 'raw', label, bytes: bytesOf, as, answers, isLast }
}

type Steps = Step | readonly Steps[]

/** Stories of one kind, by what they are about. */
export function family(name: string, stories: Readonly<Record<string, readonly Steps[]>>): Story[] {
  return Object.entries(stories).map(([about, steps]) => {
    return { title: `${name}: ${about}`, steps: flat(steps) }
  })
}

function flat(steps: readonly Steps[]): Step[] {
  return steps.flatMap((own) => ('type' in own ? [own] : flat(own)))
}
