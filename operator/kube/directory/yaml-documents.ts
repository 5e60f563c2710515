import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  visit,
} from 'yaml'
import type { Path } from '../../api/schema/problem.ts'

/** One document of a file, read. */
export type YamlDocument = {
  readonly value: unknown
  readonly text: string
  /** The line of the file that the text begins on, from 1. */
  readonly firstLine: number
}

/** Why a file cannot be read as YAML, and where. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** Of one document, in characters. It is read at one go, which takes up to a second. */
const maxDocumentLength = 256 * 1_024
/** How often aliases may stand for something: a few short anchors would be gigabytes otherwise. */
const maxAliasCount = 100
/** How many values a document may have once aliases are put in. */
const maxValues = 50_000

const options = {
  version: '1.2', // `yes` and `on` are words there, and not the other thing
  merge: true,
  prettyErrors: false,
  stringKeys: true,
  uniqueKeys: false, // quadratic: `duplicateKey` below is not
  logLevel: 'silent',
} as const

/**
 * The documents of a text one by one, so that others can have a turn between them. JSON is YAML.
 *
 * @throws {YamlError} For the first thing that is wrong: what follows it cannot be relied on.
 */
export function* yamlDocuments(text: string): Generator<YamlDocument> {
  checkLengths(text)
  const lines = new LineCounter()
  const composer = new Composer({ ...options, lineCounter: lines })
  let from = 0
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
    yield read(document, text, from, lines)
    from = document.range[2]
  }
}

/**
 * The line of the file on which a field of a document stands; where it is missing, that of what it is
 * missing from. Lines are from 1.
 */
export function lineOf(text: string, firstLine: number, path: Path): number {
  const lines = new LineCounter()
  const composer = new Composer({ ...options, lineCounter: lines })
  const [document] = composer.compose(new Parser(lines.addNewLine).parse(text))
  if (document === undefined) return firstLine
  return firstLine + lineAt(lines, offsetOf(document, path)) - 1
}

/** Before anything is read. Whatever a document holds, only its end has these at a line's beginning. */
function checkLengths(text: string): void {
  let from = 0
  for (const { index } of [...text.matchAll(/^(?:---|\.\.\.)/gm), { index: text.length }]) {
    if (index - from > maxDocumentLength) {
      const line = text.slice(0, from).split('\n').length
      const message = `has a document of more than ${maxDocumentLength / 1_024} KiB: split it`
      throw new YamlError(line, message)
    }
    from = index
  }
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      if (!isNode(node)) return offset
      offset = node.range?.[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}

function read(
  document: Document.Parsed,
  text: string,
  from: number,
  lines: LineCounter,
): YamlDocument {
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong !== undefined) throw new YamlError(lineAt(lines, wrong.pos[0]), inWords(wrong))
  const twice = duplicateKey(document)
  if (twice !== undefined) {
    const [name, offset] = twice
    throw new YamlError(lineAt(lines, offset), `has ${name} twice in one object`)
  }
  const firstLine = lineAt(lines, from)
  // From the start of the line, so that columns and indentation are as they were.
  const start = text.lastIndexOf('\n', from - 1) + 1
  return {
    value: toValue(document, firstLine),
    text: text.slice(start, document.range[2]),
    firstLine,
  }
}

function toValue(document: Document.Parsed, line: number): unknown {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error // it is one for aliases, says the library
    const unknown = error.message.startsWith('Unresolved')
    throw new YamlError(
      line,
      unknown
        ? 'has an alias whose anchor is not there'
        : 'has aliases that stand for too much: write it out',
    )
  }
  const problem = notPlain(value, { left: maxValues, above: new Set() })
  if (problem !== undefined) throw new YamlError(line, problem)
  return value
}

/** An alias within its own anchor is a ring, and one of much makes much. */
function notPlain(
  value: unknown,
  walk: { left: number; readonly above: Set<unknown> },
): string | undefined {
  if (--walk.left < 0) return `has more than ${maxValues} values: split it`
  if (typeof value !== 'object' || value === null) return undefined
  if (walk.above.has(value)) return 'has an alias within what it stands for'
  walk.above.add(value)
  for (const member of Object.values(value)) {
    const problem = notPlain(member, walk)
    if (problem !== undefined) return problem
  }
  walk.above.delete(value)
  return undefined
}

function duplicateKey(document: Document.Parsed): [string, number] | undefined {
  let found: [string, number] | undefined
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) {
          found = [String(key.value), key.range?.[0] ?? 0]
          return visit.BREAK
        }
        seen.add(key.value)
      }
      return undefined
    },
  })
  return found
}

function inWords({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'TAB_AS_INDENT') return 'is indented with a tab: use spaces'
  if (code === 'RESOURCE_EXHAUSTION') return 'is nested too deep'
  if (code === 'NON_STRING_KEY') return 'has a name that is no text: put it in quotes'
  return `is no YAML: ${message.replaceAll(/\s+/g, ' ')}`
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line)
}
