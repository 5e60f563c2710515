import type { Address } from '../../broker/net/network-error.ts'
import { quoted } from '../../lib/wording.ts'
import { UsageError } from '../usage-error.ts'

/**
 * Reads bootstrap.servers: `HOST:PORT[,HOST:PORT]`, where an IPv6 address is in brackets.
 *
 * @throws {UsageError}
 */
export function parseAddresses(text: string): Address[] {
  return text.split(',').map((part) => {
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    const port = Number(digits)
    if (host === undefined || port < 1 || port > 65_535) {
      throw new UsageError(`--bootstrap-server is HOST:PORT[,HOST:PORT], found ${quoted(text)}`)
    }
    return { host, port }
  })
}
