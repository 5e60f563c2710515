import { ProtocolError } from '../protocol-error.ts'
import type { Message } from '../schema/message.ts'
import type { Cursor } from './cursor.ts'
import { layoutOf } from './layout.ts'
import { readRuntime } from './read-runtime.ts'
import { readerSource } from './reader-source.ts'
import type { Sink } from './sink.ts'
import { sizerSource } from './sizer-source.ts'
import { writeRuntime } from './write-runtime.ts'
import { writerSource } from './writer-source.ts'

type Reader = (cursor: Cursor) => unknown
type Sizer = (message: unknown, sink: Sink) => number
type Writer = (message: unknown, sink: Sink) => void

/** What was compiled of a message so far, by version. */
type Compiled = { readers: (Reader | undefined)[]; writers: (MessageWriter | undefined)[] }
export type MessageWriter = { readonly size: Sizer; readonly write: Writer }

// Compiled code is the same whoever asks, so it may be shared by all that runs in the process.
const compiled = new WeakMap<Message, Compiled>()

/** The reader of a message in one version, compiled when it is first asked for. */
export function readerOf(type: Message, version: number): Reader {
  const { readers } = compiledOf(type)
  return (readers[version] ??= compileReader(type, version))
}

/** The sizer and writer of a message in one version, compiled when first asked for. */
export function writerOf(type: Message, version: number): MessageWriter {
  const { writers } = compiledOf(type)
  return (writers[version] ??= compileWriter(type, version))
}

function compiledOf(type: Message): Compiled {
  let entry = compiled.get(type)
  if (entry === undefined) compiled.set(type, (entry = { readers: [], writers: [] }))
  return entry
}

function compileReader(type: Message, version: number): Reader {
  checkVersion(type, version)
  const body = readerSource(layoutOf(type, version))
  return compile(`read${type.name}V${version}`, ['cursor'], body, readRuntime) as Reader
}

function compileWriter(type: Message, version: number): MessageWriter {
  checkVersion(type, version)
  const layout = layoutOf(type, version)
  const make = (verb: string, body: string) => {
    return compile(`${verb}${type.name}V${version}`, ['m', 'w'], body, writeRuntime)
  }
  const size = make('size', sizerSource(layout)) as Sizer
  const write = make('write', writerSource(layout)) as Writer
  return { size, write }
}

function checkVersion({ name, versions: [first, last] }: Message, version: number) {
  if (Number.isInteger(version) && version >= first && version <= last) return
  const has = `${name} has versions ${first} to ${last}`
  throw new ProtocolError('UnsupportedVersion', `${has}, not ${version}`)
}

/** The source holds nothing but what our own tables say: no byte of a peer's gets into it. */
function compile(name: string, parameters: readonly string[], body: string, h: object): unknown {
  const source = `'use strict'; return function ${name}(${parameters.join(', ')}) {\n${body}\n}`
  // oxlint-disable-next-line typescript/no-implied-eval -- see above; straight-line code is the point
  return new Function('h', source)(h)
}
