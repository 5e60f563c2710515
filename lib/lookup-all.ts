import { lookup } from 'node:dns/promises'

/** All addresses of a host, as this machine finds them. @throws What Node says: ENOTFOUND, EAI_AGAIN. */
export async function lookupAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}
