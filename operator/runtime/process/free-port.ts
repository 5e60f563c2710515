import { once } from 'node:events'
import { createServer } from 'node:net'

/** The first port from `port` on that nobody listens on and nobody was promised. */
export async function freePort(
  host: string,
  port: number,
  promised: ReadonlySet<number>,
): Promise<number> {
  for (let at = port; at < port + triedPorts; at++) {
    if (!promised.has(at) && (await isFree(host, at))) return at
  }
  return 0 // the system picks one
}

const triedPorts = 1_000

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
