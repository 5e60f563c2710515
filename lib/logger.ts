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
}

export type Fields = Readonly<Record<string, unknown>>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

export type LoggerOptions = {
  /** Less important lines are not written. */
  readonly level?: LogLevel
  /** Takes each line with its end. Left out: standard output, at once, so that none is lost. */
  readonly to?: DestinationStream
}

export function createLogger({ level = 'info', to }: LoggerOptions = {}): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    errorKey: 'error',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, remove: true },
  }
  return loggerOn(pino(options, to ?? pino.destination({ fd: 1, sync: true })))
}

function loggerOn(log: pino.Logger): Logger {
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
    child: (fields) => loggerOn(log.child(fields)),
  }
}

/** Wherever they are, one level deep. Nobody is to log them; this is for when somebody does. */
const secretPaths = ['secret', 'password', 'token', 'authBytes'].flatMap((name) => {
  return [name, `*.${name}`]
})
