import {
  checkBrokerSettings,
  checkTopicSettings,
} from '../../../broker/protocol/config/check-settings.ts'
import { nearest } from '../../../lib/nearest.ts'
import { checkScalar } from './check-scalar.ts'
import { fillDefaults } from './defaults.ts'
import type { AnyField, Fields } from './fields.ts'
import { type Path, type Problem, problem } from './problem.ts'
import { fieldOf, isPlain, same, shown } from './values.ts'

/**
 * All that is wrong with a value, in the order of its fields. Rules that hold fields against each
 * other are asked only where each of them is right for itself.
 *
 * @param path Where the value stands; the problems are told from there.
 * @param old What it was before: then what may not change is held against it.
 */
export function check(
  field: AnyField,
  value: unknown,
  path: Path = [],
  { old }: { readonly old?: unknown } = {},
): Problem[] {
  const structure = checkField(field, value, path)
  if (structure.length > 0) return structure
  const before = old === undefined ? undefined : fillDefaults(field, old)
  return checkRules(field, fillDefaults(field, value), path, before)
}

function checkField(field: AnyField, value: unknown, path: Path): Problem[] {
  const { kind, options } = field
  if (value === undefined || value === null) {
    if (options.optional === true || options.default !== undefined) return []
    return [problem(path, 'Required', 'must be given')]
  }
  if (kind === 'object') return checkObject(field, value, path)
  if (kind === 'map') return checkMap(field, value, path)
  if (kind === 'list') return checkList(field, value, path)
  const wrong = checkScalar(field, value)
  return wrong === undefined ? [] : [problem(path, wrong.reason, wrong.message)]
}

function checkObject({ fields = {} }: AnyField, value: unknown, path: Path): Problem[] {
  if (!isPlain(value)) {
    return [problem(path, 'WrongType', `must be an object, found ${shown(value)}`)]
  }
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => problem([...path, name], 'UnknownField', notThere(name, fields)))
  const known = Object.entries(fields).flatMap(([name, field]) =>
    checkField(field, fieldOf(value, name), [...path, name]),
  )
  return [...unknown, ...known]
}

function notThere(name: string, fields: Fields): string {
  const meant = nearest(name, Object.keys(fields)) ?? elsewhere(name, fields)
  return `is no field that there is${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

/** Somebody may know the name and not the place: `replicas` for `brokers.replicas`. */
function elsewhere(name: string, fields: Fields): string | undefined {
  for (const [parent, { fields: below }] of Object.entries(fields)) {
    if (below === undefined) continue
    if (Object.hasOwn(below, name)) return `${parent}.${name}`
    const deeper = elsewhere(name, below)
    if (deeper !== undefined) return `${parent}.${deeper}`
  }
  return undefined
}

function checkMap({ element, options }: AnyField, value: unknown, path: Path): Problem[] {
  if (!isPlain(value)) {
    return [problem(path, 'WrongType', `must be an object, found ${shown(value)}`)]
  }
  const { maxProperties = 0, keys, settings } = options
  const entries = Object.entries(value)
  if (entries.length > maxProperties) {
    const message = `must have at most ${maxProperties} entries, found ${entries.length}`
    return [problem(path, 'TooLong', message)]
  }
  const problems = entries.flatMap(([key, member]) => {
    const at = [...path, key]
    if (keys !== undefined && !keys.match.test(key)) {
      return [problem(at, 'InvalidFormat', `must be named with ${keys.says}`)]
    }
    return checkField(element as AnyField, member, at)
  })
  if (settings === undefined) return problems
  const texts = new Map(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  const wrong = settings === 'topic' ? checkTopicSettings(texts) : checkBrokerSettings(texts)
  const settingProblems = wrong.map(({ name, reason, message }) =>
    problem([...path, name], reason, message),
  )
  return [...problems, ...settingProblems]
}

function checkList({ element, options }: AnyField, value: unknown, path: Path): Problem[] {
  if (!Array.isArray(value)) {
    return [problem(path, 'WrongType', `must be a list, found ${shown(value)}`)]
  }
  const { minItems = 0, maxItems = 0, key } = options
  if (value.length < minItems) {
    const message = `must have at least ${minItems}, found ${value.length}`
    return [problem(path, 'TooShort', message)]
  }
  if (value.length > maxItems) {
    return [problem(path, 'TooLong', `must have at most ${maxItems}, found ${value.length}`)]
  }
  const seen = new Set<unknown>()
  return value.flatMap((member: unknown, at) => {
    const problems = checkField(element as AnyField, member, [...path, at])
    const id = key === undefined ? undefined : fieldOf(member, key)
    if (key === undefined || id === undefined) return problems
    if (seen.has(id)) {
      const message = `must be there once, found ${shown(id)} again`
      problems.push(problem([...path, at, key], 'Duplicate', message))
    }
    seen.add(id)
    return problems
  })
}

/** @param value Right for itself, with its defaults, as `old` is. */
function checkRules(field: AnyField, value: unknown, path: Path, old: unknown): Problem[] {
  const problems: Problem[] = []
  const { fields, rules, element } = field
  if (value === undefined) return problems

  for (const rule of rules?.always ?? []) {
    if (rule.holds(value)) continue
    problems.push(told(path, rule, rule.found?.(value)))
  }
  if (old !== undefined) {
    for (const rule of rules?.onChange ?? []) {
      if (rule.holds(value, old)) continue
      problems.push(told(path, rule, rule.found?.(value, old)))
    }
  }
  for (const [name, below] of Object.entries(fields ?? {})) {
    const [now, before] = [fieldOf(value, name), fieldOf(old, name)]
    const at = [...path, name]
    if (below.options.immutable === true && old !== undefined && !same(now, before)) {
      const message = `may not be changed, was ${shown(before)}, found ${shown(now)}`
      problems.push(problem(at, 'Immutable', `${message}: change it back`))
      continue
    }
    problems.push(...checkRules(below, now, at, before))
  }
  if (field.kind === 'list' && Array.isArray(value)) {
    value.forEach((member, at) => {
      problems.push(...checkRules(element as AnyField, member, [...path, at], undefined))
    })
  }
  return problems
}

/** @param found What was found instead. */
export function told(
  path: Path,
  { reason, at, says }: { reason: string; at?: readonly string[]; says: string },
  found: string | undefined,
): Problem {
  const message = found === undefined ? says : `${says}, found ${found}`
  return problem([...path, ...(at ?? [])], reason, message)
}
