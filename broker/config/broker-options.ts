import { checkBrokerSettings } from '../protocol/config/check-settings.ts'
import { type Environment, withOwnOptions } from './own-options.ts'

export type HostAndPort = { readonly host: string; readonly port: number }

export type ListenerOptions = HostAndPort & {
  /** What others are told to dial. */
  readonly advertisedHost: string
  readonly advertisedPort: number
}

/** How one broker process is to run: the content of the file that `--config` names. */
export type BrokerOptions = {
  readonly clusterId: string
  readonly nodeId: number
  readonly rack: string | null
  /** Absolute. */
  readonly dataDir: string
  /** A file with the secret that the processes of a cluster share. Absolute. */
  readonly secretFile: string
  readonly listeners: { readonly client: ListenerOptions; readonly internal: ListenerOptions }
  readonly controllers: readonly HostAndPort[]
  readonly metricsPort: number
  /** Settings by Kafka's names. */
  readonly config: Readonly<Record<string, string>>
  /** Whether a topic that a client asks for is made. */
  readonly autoCreateTopics: boolean
  /** After so long without any controller the process stops in order; null: never. */
  readonly stopWithoutControllerMs: number | null
}

/** What is wrong with a file of options: one line with the file and the field. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
}

/**
 * Reads the options of a broker.
 *
 * @param file Its path, for what is said of it.
 * @param environment Of the process: it says what the file leaves out, see `own-options.ts`.
 * @throws {OptionsError}
 */
export function parseBrokerOptions(
  file: string,
  text: string,
  environment: Environment = {},
): BrokerOptions {
  const root = new Fields(file, '', withOwnOptions(parse(file, text), environment))
  const listeners = root.object('listeners')
  const options = {
    clusterId: root.uuid('clusterId'),
    nodeId: root.count('nodeId', 0, 2 ** 31 - 1),
    rack: root.textOrNull('rack'),
    dataDir: root.path('dataDir'),
    secretFile: root.path('secretFile'),
    listeners: {
      client: listenerOf(listeners.object('client')),
      internal: listenerOf(listeners.object('internal')),
    },
    controllers: root.someOf('controllers').map((own) => hostAndPortOf(own)),
    metricsPort: root.count('metricsPort', 0, 65_535),
    config: root.settings('config'),
    autoCreateTopics: root.flag('autoCreateTopics'),
    stopWithoutControllerMs: root.countOrNull('stopWithoutControllerMs', 1),
  }
  listeners.end()
  root.end()
  checkPorts(file, options)
  for (const { name, reason, message } of checkBrokerSettings(entriesOf(options.config))) {
    // What users say elsewhere, the operator says here.
    if (reason !== 'OwnedSetting') throw new OptionsError(`${file}: config.${name}: ${message}`)
  }
  return options
}

/** One port cannot be taken twice; 0 picks one that is free. */
function checkPorts(
  file: string,
  {
    listeners: { client, internal },
    metricsPort,
  }: Pick<BrokerOptions, 'listeners' | 'metricsPort'>,
): void {
  const taken = new Set([client.port])
  for (const [field, port] of [
    ['listeners.internal.port', internal.port],
    ['metricsPort', metricsPort],
  ] as const) {
    if (port !== 0 && taken.has(port)) {
      throw new OptionsError(`${file}: ${field}: ${port} is another port of this broker already`)
    }
    taken.add(port)
  }
}

function entriesOf(config: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(config))
}

function listenerOf(fields: Fields): ListenerOptions {
  const listener = {
    host: fields.text('host'),
    port: fields.count('port', 0, 65_535),
    advertisedHost: fields.text('advertisedHost'),
    advertisedPort: fields.count('advertisedPort', 0, 65_535),
  }
  fields.end()
  return listener
}

function hostAndPortOf(fields: Fields): HostAndPort {
  const address = { host: fields.text('host'), port: fields.count('port', 1, 65_535) }
  fields.end()
  return address
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** What was found, as far as a line has room for it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new OptionsError(`${file}: is no JSON: ${oneLine((error as Error).message)}`)
  }
}

/** The fields of one object, each of which has to be taken: one that nobody asked for is refused. */
class Fields {
  private readonly file: string
  private readonly at: string
  private readonly left: Map<string, unknown>

  constructor(file: string, at: string, value: unknown) {
    this.file = file
    this.at = at
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new OptionsError(`${file}: ${at || 'the file'}: must be an object`)
    }
    this.left = new Map(Object.entries(value))
  }

  text(name: string): string {
    const value = this.take(name)
    if (typeof value === 'string' && value !== '') return value
    throw this.wrong(name, 'must be a text', value)
  }

  textOrNull(name: string): string | null {
    return this.left.get(name) === null ? (this.take(name) as null) : this.text(name)
  }

  uuid(name: string): string {
    const value = this.text(name)
    if (/^[\w-]{22}$/.test(value)) return value
    throw this.wrong(name, 'must be a uuid in base64url, which has 22 characters', value)
  }

  flag(name: string): boolean {
    const value = this.take(name)
    if (typeof value === 'boolean') return value
    throw this.wrong(name, 'must be true or false', value)
  }

  path(name: string): string {
    const value = this.text(name)
    if (value.startsWith('/')) return value.replace(/\/+$/, '') || '/'
    throw this.wrong(name, 'must be an absolute path', value)
  }

  count(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.take(name)
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) {
      return Number(value)
    }
    throw this.wrong(name, `must be a whole number from ${least} to ${most}`, value)
  }

  /** Left out is null. */
  countOrNull(name: string, least: number): number | null {
    if (!this.left.has(name)) return null
    return this.left.get(name) === null ? (this.take(name) as null) : this.count(name, least)
  }

  object(name: string): Fields {
    return new Fields(this.file, this.pathOf(name), this.take(name))
  }

  someOf(name: string): Fields[] {
    const value: unknown = this.take(name)
    if (!Array.isArray(value) || value.length === 0) {
      throw this.wrong(name, 'must be a list with at least one', value)
    }
    return value.map((own, index) => new Fields(this.file, `${this.pathOf(name)}[${index}]`, own))
  }

  settings(name: string): Record<string, string> {
    const value = this.take(name)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isObject) throw this.wrong(name, 'must be an object of texts', value)
    for (const [key, own] of Object.entries(value)) {
      if (typeof own !== 'string') throw this.wrong(`${name}.${key}`, 'must be a text', own)
    }
    return value as Record<string, string>
  }

  /** Nothing may be left. */
  end(): void {
    const [name] = this.left.keys()
    if (name !== undefined) {
      throw new OptionsError(`${this.file}: ${this.pathOf(name)}: is not a field of these options`)
    }
  }

  private take(name: string): unknown {
    if (!this.left.has(name)) {
      throw new OptionsError(`${this.file}: ${this.pathOf(name)}: is missing`)
    }
    const value = this.left.get(name)
    this.left.delete(name)
    return value
  }

  private pathOf(name: string): string {
    return this.at === '' ? name : `${this.at}.${name}`
  }

  private wrong(name: string, what: string, found: unknown): OptionsError {
    return new OptionsError(`${this.file}: ${this.pathOf(name)}: ${what}, found ${shown(found)}`)
  }
}
