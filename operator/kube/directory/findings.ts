import type { Problem } from '../../api/schema/problem.ts'
import type { Finding, Manifest, Place } from './manifest.ts'
import { lineOf } from './yaml-documents.ts'

/** A problem of a resource, with the line that it stands on. */
export function findingOf(
  { file, text, firstLine, within }: Place,
  subject: string | undefined,
  { path, field, reason, message }: Problem,
  level: Finding['level'] = 'error',
): Finding {
  return {
    level,
    file,
    line: lineOf(text, firstLine, [...within, ...path]),
    ...(subject === undefined ? {} : { subject }),
    ...(field === '' ? {} : { field }),
    reason,
    message,
  }
}

export function subjectOf({ kind, name }: Manifest): string {
  return `${kind} ${name}`
}
