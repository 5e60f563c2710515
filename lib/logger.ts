import { pino } from 'pino'

/**
 * What happens, as lines of JSON for whoever runs this. Fields are facts to search for; the message
 * is for people. Never a secret, and never the content of a record.
 */
export type Logger = {
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** One that adds fields to every line. */
  child(fields: Fields): Logger
}

export type Fields = Readonly<Record<string, string | number | boolean | null>>

export const silentLogger: Logger = {
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

/** Writes to standard output, at once: a process that ends has said all that it had to say. */
export function stdoutLogger(): Logger {
  const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' }
  return loggerOn(pino(options, pino.destination({ fd: 1, sync: true })))
}

function loggerOn(log: pino.Logger): Logger {
  return {
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
    child: (fields) => loggerOn(log.child(fields)),
  }
}
