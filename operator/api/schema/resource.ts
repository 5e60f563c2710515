import { check, told } from './check.ts'
import { fillDefaults } from './defaults.ts'
import type { AnyField, Field, FieldRead, FieldWrite, Pattern } from './fields.ts'
import { type Metadata, type MetadataInput, metadata } from './metadata.ts'
import { type Problem, problem } from './problem.ts'
import type { Rule } from './rules.ts'
import { fieldOf, isPlain } from './values.ts'

/** A column of `kubectl get`. Paths are plain: counts and sums have to be fields of the status. */
export type Column = {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  /** Only with `-o wide`. */
  readonly wide?: true
}

/** One kind of resource. */
export type Resource<Spec extends AnyField = AnyField, Status extends AnyField = AnyField> = {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly doc: string
  /** What its name may be, since other names are made of it. */
  readonly name: { readonly pattern: Pattern; readonly maxLength: number }
  readonly spec: Spec
  /** Left out: it has none. */
  readonly status?: Status
  /** What the spec says together with the name. */
  readonly rules: readonly Rule<{ readonly metadata: Metadata; readonly spec: FieldRead<Spec> }>[]
  readonly columns: readonly Column[]
  readonly scale?: {
    readonly specReplicasPath: string
    readonly statusReplicasPath: string
    readonly labelSelectorPath: string
  }
}

/** A resource as read: defaults are filled in. The status is there once the operator wrote it. */
export type ResourceOf<R> =
  R extends Resource<infer Spec, infer Status>
    ? {
        readonly apiVersion: string
        readonly kind: R['kind']
        readonly metadata: Metadata
        readonly spec: FieldRead<Spec>
        readonly status?: FieldRead<Status>
      }
    : never

/** A resource as its owner writes it. */
export type ResourceInputOf<R> =
  R extends Resource<infer Spec, AnyField>
    ? {
        readonly apiVersion: string
        readonly kind: R['kind']
        readonly metadata: MetadataInput
        readonly spec: FieldWrite<Spec>
      }
    : never

/** Declares one kind. */
export const resource = <Spec extends AnyField, Status extends AnyField, const Kind extends string>(
  definition: Resource<Spec, Status> & { readonly kind: Kind },
): Resource<Spec, Status> & { readonly kind: Kind } => definition

/**
 * All that is wrong with a resource of a kind. A status is passed over, as an API server does.
 *
 * @param value Its `apiVersion` and `kind` are those of the table.
 * @param old What it was before, if this is a change.
 */
export function checkResource(
  table: Resource,
  value: unknown,
  { old }: { readonly old?: unknown } = {},
): Problem[] {
  const known = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
  const problems = (isPlain(value) ? Object.keys(value) : [])
    .filter((name) => !known.includes(name))
    .map((name) => problem([name], 'UnknownField', unknownHere(name, table)))
  problems.push(...checkMetadata(table, fieldOf(value, 'metadata')))
  const before = fieldOf(old, 'spec')
  const change = before === undefined ? {} : { old: before }
  problems.push(...check(table.spec, fieldOf(value, 'spec'), ['spec'], change))
  if (problems.length > 0) return problems

  const self = readResource(table, value)
  return table.rules
    .filter((rule) => !rule.holds(self))
    .map((rule) => told([], rule, rule.found?.(self)))
}

/** A resource with its defaults. @param value One that was checked. */
export function readResource<R extends Resource>(table: R, value: unknown): ResourceOf<R> {
  return {
    ...(value as object),
    metadata: fillDefaults(metadata, fieldOf(value, 'metadata')),
    spec: fillDefaults(table.spec, fieldOf(value, 'spec')),
  } as unknown as ResourceOf<R>
}

function checkMetadata({ name: { pattern, maxLength } }: Resource, value: unknown): Problem[] {
  const problems = check(metadata, value, ['metadata'])
  const name = fieldOf(value, 'name')
  const at = ['metadata', 'name']
  if (typeof name !== 'string' || problems.some(({ field }) => field === 'metadata.name')) {
    return problems
  }
  if (name.length > maxLength) {
    const message = `must have at most ${maxLength} characters, found ${name.length}`
    problems.push(problem(at, 'TooLong', message))
  } else if (!pattern.match.test(name)) {
    problems.push(problem(at, 'InvalidFormat', `must be ${pattern.says}, found "${name}"`))
  }
  return problems
}

/** Who writes `partitions` beside `spec` has it at the wrong depth. */
function unknownHere(name: string, { spec }: Resource): string {
  const below: Field = spec
  const known = below.fields !== undefined && Object.hasOwn(below.fields, name)
  return `is no field that there is${known ? `; did you mean spec.${name}?` : ''}`
}
