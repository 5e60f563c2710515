import { type DestinationStream, pino } from 'pino'

/**
 * What happens, as lines of JSON for whoever runs this. The message is for people; fields are facts
 * to search for. Never a secret (fields that are called so are left out), and never the content of a
 * record.
 */
export type Logger = {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** One that adds fields to each line. */
  child(fields: Fields): Logger
  /** Less important lines are not written. Changed at any of them, it holds for all from now on. */
  level: LogLevel
}

export type Fields = Readonly<Record<string, unknown>>
/** From the least important on. Nothing is written as trace or fatal; Kafka's tools have them. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof logLevels)[number]

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
  level: 'fatal',
}

export type LoggerOptions = {
  /** Less important lines are not written. */
  readonly level?: LogLevel
  /** Takes each line with its end. Left out: standard output, at once, so that none is lost. */
  readonly to?: DestinationStream
}

export function createLogger({ level = 'info', to }: LoggerOptions = {}): Logger {
  const options = {
    level: 'debug',
    base: null,
    messageKey: 'message',
    errorKey: 'error',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, remove: true },
  }
  return loggerOn(pino(options, to ?? pino.destination({ fd: 1, sync: true })), { level })
}

function loggerOn(log: pino.Logger, shared: { level: LogLevel }): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => {
    return (message: string, fields: Fields = {}) => {
      if (logLevels.indexOf(level) >= logLevels.indexOf(shared.level)) log[level](fields, message)
    }
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => loggerOn(log.child(fields), shared),
    get level() {
      return shared.level
    },
    set level(level) {
      shared.level = level
    },
  }
}

/** Wherever they are, one level deep. Nobody is to log them; this is for when somebody does. */
const secretPaths = ['secret', 'password', 'token', 'authBytes'].flatMap((name) => {
  return [name, `*.${name}`]
})
