import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** All addresses of a host, as this machine finds them. @throws What Node says: ENOTFOUND, EAI_AGAIN. */
export async function lookupAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

/** Whether it is an address, and no name. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}
