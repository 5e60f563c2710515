import type { NetLimits } from './limits.ts'
import type { CloseReason } from './metrics.ts'

export type ConnectionLimits = Pick<NetLimits, 'maxConnections' | 'maxConnectionsPerIp'>

/** How many connections there are, and from where: who comes when there are enough is refused. */
export class Admission {
  /** For who comes from now on: nobody who is there has to go. */
  limits: ConnectionLimits
  private readonly byIp = new Map<string, number>()
  private count = 0

  constructor(limits: ConnectionLimits) {
    this.limits = limits
  }

  /** @returns Why not, or undefined: then `leave` is called once it closed. */
  enter(ip: string): CloseReason | undefined {
    const fromIp = this.byIp.get(ip) ?? 0
    if (this.count >= this.limits.maxConnections) return 'TooManyConnections'
    if (fromIp >= this.limits.maxConnectionsPerIp) return 'TooManyConnectionsPerIp'
    this.count += 1
    this.byIp.set(ip, fromIp + 1)
    return undefined
  }

  leave(ip: string): void {
    const fromIp = this.byIp.get(ip) as number
    this.count -= 1
    if (fromIp === 1) this.byIp.delete(ip)
    else this.byIp.set(ip, fromIp - 1)
  }
}

/** An address of IPv4 is the same one when it came to a socket of IPv6. */
export function plainIp(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
