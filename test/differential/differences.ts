import { identityOf, type Told } from './comparable.ts'
import type { Outcome } from './tell-story.ts'

/** One place where the answers part. */
export type Difference = {
  readonly story: string
  readonly step: string
  /** Fields from the outermost on; a thing of a list by what names it: `topics[orders].errorCode`. */
  readonly at: string
  /** Undefined where it is not there. */
  readonly kafka: Told | undefined
  readonly kavka: Told | undefined
}

/** Where the outcomes of a story part. */
export function differencesOf(
  story: string,
  kafka: readonly Outcome[],
  kavka: readonly Outcome[],
): Difference[] {
  return kafka.flatMap((own, index) => {
    const { step } = own
    const other = kavka[index]
    return partings('', own.answer as Told, other?.answer as Told | undefined).map((parting) => {
      return { story, step, ...parting }
    })
  })
}

type Parting = Pick<Difference, 'at' | 'kafka' | 'kavka'>

function partings(at: string, kafka: Told | undefined, kavka: Told | undefined): Parting[] {
  if (isList(kafka) && isList(kavka)) return listPartings(at, kafka, kavka)
  if (isStruct(kafka) && isStruct(kavka)) {
    const names = new Set([...Object.keys(kafka), ...Object.keys(kavka)])
    return [...names].flatMap((name) => {
      return partings(at === '' ? name : `${at}.${name}`, kafka[name], kavka[name])
    })
  }
  return JSON.stringify(kafka) === JSON.stringify(kavka) ? [] : [{ at, kafka, kavka }]
}

function listPartings(at: string, kafka: readonly Told[], kavka: readonly Told[]): Parting[] {
  const ours = named(kavka)
  const theirs = named(kafka)
  if (ours === undefined || theirs === undefined) {
    const same = JSON.stringify(kafka) === JSON.stringify(kavka)
    return same ? [] : [{ at, kafka, kavka }]
  }
  const names = new Set([...theirs.keys(), ...ours.keys()])
  return [...names].flatMap((name) => partings(`${at}[${name}]`, theirs.get(name), ours.get(name)))
}

/** Undefined where something of the list has no name. */
function named(list: readonly Told[]): ReadonlyMap<string, Told> | undefined {
  const byName = new Map<string, Told>()
  for (const told of list) {
    const identity = identityOf(told)
    if (identity === undefined) return undefined
    // What is told twice has a number behind it.
    let name = identity
    for (let again = 2; byName.has(name); again++) name = `${identity} ${again}`
    byName.set(name, told)
  }
  return byName
}

function isList(told: Told | undefined): told is readonly Told[] {
  return Array.isArray(told)
}

function isStruct(told: Told | undefined): told is { readonly [name: string]: Told } {
  return typeof told === 'object' && told !== null && !Array.isArray(told)
}
