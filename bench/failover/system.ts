import type { Address } from '../../broker/net/network-error.ts'

/** Three brokers and what decides for them, each in a process of its own. */
export type System = {
  readonly bootstrapServers: string
  /** Where each broker listens, by its id. */
  readonly addresses: ReadonlyMap<number, Address>
  /** Of a broker that runs. */
  pidOf(brokerId: number): Promise<number>
  /** Ends a broker, and comes back once it is there again: started at once, as by a supervisor. */
  restartBroker(brokerId: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Comes back once a broker that was killed is there again; starts it where nobody else does. */
  backAgain(brokerId: number, former: number): Promise<void>
  /** Kills what decides, and comes back once it is started again. */
  restartController(): Promise<void>
  stop(): Promise<void>
}

export const brokerCount = 3
