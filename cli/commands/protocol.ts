import { readFileSync } from 'node:fs'
import { type ApiName, apiOf } from '../../broker/protocol/apis.ts'
import { readRequest, readRequestBody } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import { apis } from '../../broker/protocol/generated/apis.ts'
import { ProtocolError } from '../../broker/protocol/protocol-error.ts'
import type { Terminal } from '../command.ts'
import { UsageError } from '../usage-error.ts'

const usage = [
  'usage: kavka protocol                               list the APIs',
  '       kavka protocol request [HEX]                 print a request',
  '       kavka protocol response API VERSION [HEX]    print a response',
  '',
  'HEX is a frame with its size, as a packet capture shows it; without it, standard input is read.',
]

/** Lists what the codec speaks, and makes bytes readable. */
export function run(args: readonly string[], terminal: Terminal): number {
  const [verb, ...rest] = args
  try {
    if (verb === undefined) return list(terminal)
    if (verb === 'request') return printRequest(rest, terminal)
    if (verb === 'response') return printResponse(rest, terminal)
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof UsageError)) throw error
    terminal.complain(`kavka protocol: ${error.message}`)
    return error instanceof UsageError ? 2 : 1
  }
  for (const line of usage) terminal.complain(line)
  return 2
}

function list({ print }: Terminal): number {
  print('key  API                                 versions  flexible since')
  for (const { key, name, request } of Object.values(apis)) {
    const versions = request.versions.join(' to ')
    print(
      `${String(key).padEnd(5)}${name.padEnd(36)}${versions.padEnd(10)}${request.flexibleSince ?? 'never'}`,
    )
  }
  return 0
}

function printRequest([hex]: readonly string[], { print }: Terminal): number {
  const request = readRequest(readFrame(hex))
  const { api, version, correlationId, clientId } = request
  const body = readRequestBody(api.name, request)
  print(toJson({ api: api.name, version, correlationId, clientId, body }))
  return 0
}

function printResponse([name, version, hex]: readonly string[], { print }: Terminal): number {
  if (name === undefined || !Object.hasOwn(apis, name)) {
    throw new UsageError(`there is no API '${name ?? ''}'; 'kavka protocol' lists them`)
  }
  const [first, last] = apiOf(name as ApiName).response.versions
  const number = Number(version)
  if (!Number.isInteger(number) || number < first || number > last) {
    throw new UsageError(`${name} has versions ${first} to ${last}, not '${version ?? ''}'`)
  }
  const { correlationId, body } = readResponse(name as ApiName, number, readFrame(hex))
  print(toJson({ api: name, version: number, correlationId, body }))
  return 0
}

/** The bytes of a frame behind its size. */
function readFrame(hex: string | undefined): Buffer {
  const text = (hex ?? readFileSync(0, 'utf8')).replaceAll(/\s/g, '')
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new UsageError('that is no hex')
  const frame = Buffer.from(text, 'hex')
  if (frame.length < 4 || frame.readInt32BE() !== frame.length - 4) {
    const size = frame.length < 4 ? 'nothing' : `${frame.readInt32BE()} bytes`
    const found = `${Math.max(0, frame.length - 4)} follow`
    throw new UsageError(`a frame begins with its size in 4 bytes: this says ${size}, ${found}`)
  }
  return frame.subarray(4)
}

/** Bytes as hex, 64-bit integers in full. */
function toJson(value: unknown): string {
  return JSON.stringify(value, shown, 2)
}

function shown(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const member = this[key] // a Buffer has been replaced by its own JSON in `value`
  if (member instanceof Uint8Array) return Buffer.from(member).toString('hex')
  return typeof value === 'bigint' ? String(value) : value
}
