import { NetworkError } from '../../../broker/net/network-error.ts'
import { sleep } from '../../../lib/clock.ts'
import { type DriveOptions, drive } from './drive.ts'
import type { Failure } from './failure.ts'
import { type FaultPlan, planOf } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { doersOf, Host } from './host.ts'
import type { Incarnation } from './incarnation.ts'
import { Network } from './network.ts'
import type { Connection, Request, Transport } from './transport.ts'
import { World } from './world.ts'

/** Mistakes to plant. */
export type Bug =
  | 'writes while it replicates' // the backup has what the primary may lose
  | 'repeats are new' // the primary does not look whether it has a value
  | 'does not look again' // the backup looks, waits, and appends at an end that has moved

export type Outcome = {
  readonly world: World
  readonly failure: Failure | undefined
  readonly strikes: Faults['counts']
}

const timeouts = { requestTimeoutMs: 300, connectTimeoutMs: 300 }
const hosts = ['primary', 'backup', 'client']
const nodes = hosts.slice(0, 2).map((name) => [name])
const roads = hosts.flatMap((from) => hosts.filter((to) => to !== from).map((to) => [from, to]))

export function toyPlan(seed: number): FaultPlan {
  return planOf(seed, {
    lengthMs: 1_000,
    rates: { delay: 0.1, loss: 0.05, late: 0.05 },
    operations: {
      write: { upTo: 12, on: [['client']], always: true },
      crash: { upTo: 3, on: nodes, lengthMs: 200 },
      powerLoss: { upTo: 1, on: nodes, lengthMs: 200 },
      crashAtCall: { upTo: 3, on: nodes, lengthMs: 100, amountBelow: 20 },
      pause: { upTo: 3, on: nodes, lengthMs: 300 },
      cut: { upTo: 3, on: roads, lengthMs: 300 },
      jump: { upTo: 1, on: nodes, amountBelow: 60_000 },
    },
  })
}

/** A log with one primary and one backup. What is acknowledged is on both, once, at one place. */
export async function runToy(
  plan: FaultPlan,
  { bug, ...options }: { bug?: Bug } & DriveOptions = {},
): Promise<Outcome> {
  const world = new World(plan.seed)
  const faults = new Faults(world, plan)
  const network = new Network(world, { faults, lateMs: 60, ...timeouts })
  const [primaryDisk, backupDisk, acknowledged]: [string[], string[], string[]] = [[], [], []]
  const disks = [primaryDisk, backupDisk]
  let clientTransport: Transport | undefined
  let written = 0
  const boots = { primary, backup, client }
  const machines = Object.entries(boots).map(([name, boot]) => new Host(world, name, boot))
  faults.carryOut({ ...doersOf({ world, network, hosts: machines }), write: send })
  world.always('Lost', () =>
    acknowledged.find((value) => !disks.every((disk) => disk.includes(value))),
  )
  world.always('Twice', () => primaryDisk.find((value, at) => primaryDisk.indexOf(value) !== at))
  world.always('Fork', () => backupDisk.find((value, at) => (primaryDisk[at] ?? value) !== value))
  world.at(plan.lengthMs + 6_000, 'the end', () => {
    if (acknowledged.length < written) world.fail('Stuck', `${acknowledged.length} of ${written}`)
  })
  const failure = await drive(world, Number.POSITIVE_INFINITY, options)
  return { world, failure, strikes: faults.counts }

  function client(node: Incarnation): void {
    clientTransport = network.transportOf(node)
  }

  function send(): void {
    const value = `v${written++}`
    const { node } = machines[2] as Host
    const own = clientTransport as Transport
    node.start(async () => {
      await untilAnswered(node, own, 'primary', (to) => to.request('write', value))
      acknowledged.push(value)
    })
  }

  function primary(node: Incarnation): void {
    const own = network.transportOf(node)
    let last: Promise<unknown> = Promise.resolve()
    node.start(() => void own.listen(1, serve))

    function serve({ body }: Request): Promise<unknown> {
      const mine = last.then(() => append(body as string))
      last = mine
      return mine
    }

    async function append(value: string): Promise<void> {
      const known = bug === 'repeats are new' ? -1 : primaryDisk.indexOf(value)
      const offset = known >= 0 ? known : primaryDisk.length
      const writing = known >= 0 ? undefined : write(node, () => (primaryDisk[offset] = value))
      if (bug !== 'writes while it replicates') await writing
      for (let at = offset; at <= offset; ) {
        const entry = { offset: at, value: at === offset ? value : primaryDisk[at] }
        const end = await untilAnswered(node, own, 'backup', (to) => to.request('append', entry))
        at = (end as number) > at ? at + 1 : (end as number)
      }
      await writing
    }
  }

  function backup(node: Incarnation): void {
    const own = network.transportOf(node)
    node.start(() => void own.listen(1, serve))

    async function serve({ body }: Request): Promise<number> {
      const { offset, value } = body as { offset: number; value: string }
      const again = bug === 'does not look again'
      const place = () => (again ? backupDisk.push(value) : (backupDisk[offset] = value))
      if (offset === backupDisk.length) await write(node, place)
      return backupDisk.length
    }
  }

  /** What is under way at a crash is not done. */
  function write(node: Incarnation, place: () => unknown): Promise<void> {
    return node.gate.call(async () => {
      await world.sleep(1 + node.random('disk').below(20), `${node.name} disk`)
      if (node.isAlive) place()
    })
  }
}

async function untilAnswered(
  { clock }: Incarnation,
  own: Transport,
  host: string,
  ask: (connection: Connection) => Promise<unknown>,
): Promise<unknown> {
  for (;;) {
    try {
      const connection = await own.connect({ host, port: 1 })
      const answer = await ask(connection)
      connection.close()
      return answer
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      await sleep(clock, 20)
    }
  }
}
