import { nearest } from '../../../lib/nearest.ts'
import { oneOf } from '../../../lib/wording.ts'
import { apiVersion } from '../../api/group.ts'
import { kindOf, kinds } from '../../api/kinds.ts'
import { type Path, type Problem, problem } from '../../api/schema/problem.ts'
import { fieldOf, isPlain, shown } from '../../api/schema/values.ts'
import { findingOf } from './findings.ts'
import type { Finding, Manifest, Place } from './manifest.ts'
import { YamlError, yamlDocuments } from './yaml-documents.ts'

/** What a file holds. */
export type ParsedFile = {
  readonly manifests: readonly Manifest[]
  readonly findings: readonly Finding[]
  /**
   * Whether it is known which resources the file holds: otherwise one that it held before may still
   * be meant, and is not gone.
   */
  readonly complete: boolean
}

/**
 * Reads the manifests of one file. A file that is no YAML holds none: what stands before the mistake
 * may be only half of what is being written.
 *
 * @param turn Lets others have a turn; called between documents.
 */
export async function parseManifests(
  file: string,
  text: string,
  turn: () => Promise<void>,
): Promise<ParsedFile> {
  const manifests: Manifest[] = []
  const findings: Finding[] = []
  let complete = true
  try {
    let count = 0
    for (const { value, text: source, firstLine } of yamlDocuments(text)) {
      const place = { file, text: source, firstLine, within: [] }
      for (const one of manifestsIn(value, place)) {
        if (!('problem' in one)) {
          manifests.push(one)
          continue
        }
        findings.push(findingOf(one.place, one.subject, one.problem, one.level))
        if (one.level === 'error') complete = false
      }
      if (++count % 32 === 0) await turn()
    }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const { line, message } = error
    const finding: Finding = { level: 'error', file, line, reason: 'InvalidYaml', message }
    return { manifests: [], findings: [finding], complete: false }
  }
  return { manifests, findings, complete }
}

/** A document that is none of our resources. */
type Other = {
  readonly level: Finding['level']
  readonly place: Place
  readonly subject: string | undefined
  readonly problem: Problem
}

/** Empty documents are what is left when the last one ends with `---`. */
function manifestsIn(value: unknown, place: Place): (Manifest | Other)[] {
  if (value === null || value === undefined) return []
  if (!isPlain(value)) {
    const found = `must be an object with apiVersion and kind, found ${shown(value)}`
    return [refused(place, undefined, [], 'WrongType', found)]
  }
  const items = fieldOf(value, 'items')
  if (fieldOf(value, 'kind') === 'List' && Array.isArray(items)) {
    return items.flatMap((item, at) => {
      return manifestsIn(item, { ...place, within: [...place.within, 'items', at] })
    })
  }
  return [manifestOf(value, place)]
}

function manifestOf(value: unknown, place: Place): Manifest | Other {
  const [version, kind] = [fieldOf(value, 'apiVersion'), fieldOf(value, 'kind')]
  for (const [name, text] of [
    ['apiVersion', version],
    ['kind', kind],
  ] as const) {
    if (text === undefined) return refused(place, undefined, [name], 'Required', 'must be given')
    if (typeof text === 'string') continue
    const message = `must be a text, found ${shown(text)}`
    return refused(place, undefined, [name], 'WrongType', message)
  }
  const [apiVersionText, kindText] = [version as string, kind as string]
  const name = fieldOf(fieldOf(value, 'metadata'), 'name')
  const subject = typeof name === 'string' ? `${kindText} ${name}` : kindText

  const ours = kindOf(kindText) !== undefined
  if (ours && apiVersionText !== apiVersion) {
    const message = `must be ${apiVersion}, found ${shown(apiVersionText)}`
    return refused(place, subject, ['apiVersion'], 'NotSupported', message)
  }
  if (!ours && apiVersionText.startsWith('kavka.')) {
    const meant = nearest(kindText, Object.keys(kinds))
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    const message = `must be ${oneOf(Object.keys(kinds))}, found ${shown(kindText)}${hint}`
    return refused(place, undefined, ['kind'], 'NotSupported', message)
  }
  if (!ours) {
    const message = `is none of ${apiVersion} and is passed over`
    return { ...refused(place, subject, [], 'Ignored', message), level: 'note' }
  }
  if (typeof name !== 'string' || name === '') {
    const message = name === undefined ? 'must be given' : `must be a text, found ${shown(name)}`
    const reason = name === undefined ? 'Required' : 'WrongType'
    return refused(place, kindText, ['metadata', 'name'], reason, message)
  }
  const namespace = fieldOf(fieldOf(value, 'metadata'), 'namespace') ?? 'default'
  const key = `${kindText}/${typeof namespace === 'string' ? namespace : ''}/${name}`
  return { key, kind: kindText, name, value, place }
}

function refused(
  place: Place,
  subject: string | undefined,
  path: Path,
  reason: string,
  message: string,
): Other {
  return { level: 'error', place, subject, problem: problem(path, reason, message) }
}
