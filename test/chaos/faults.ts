import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../sim/disk/chance.ts'
import type { RunningKavka } from '../support/kavka.ts'

export type Scene = {
  readonly kavka: RunningKavka
  readonly brokers: number
  readonly chance: Chance
}

/** What is done to real processes. Each comes to its end by itself; brokers come back whenever they do. */
export const faults = {
  async killBroker(scene: Scene) {
    signal(await anyPid(scene), 'SIGKILL')
  },

  async killTwo(scene: Scene) {
    const pids = await pidsOf(scene)
    pids.splice(scene.chance(pids.length), 1)
    for (const pid of pids) signal(pid, 'SIGKILL')
  },

  async killAll(scene: Scene) {
    for (const pid of await pidsOf(scene)) signal(pid, 'SIGKILL')
  },

  async stopBroker(scene: Scene) {
    signal(await anyPid(scene), 'SIGTERM')
  },

  async stopAll(scene: Scene) {
    for (const pid of await pidsOf(scene)) signal(pid, 'SIGTERM')
  },

  /** For a moment, or for so long that others lead meanwhile. */
  async pauseBroker(scene: Scene) {
    const pid = await anyPid(scene)
    signal(pid, 'SIGSTOP')
    await sleep(scene.chance(5_000))
    signal(pid, 'SIGCONT')
  },

  /** Others lead by then, or nobody does. */
  async pauseAndKillAnother(scene: Scene) {
    const [first, second] = shuffled(await pidsOf(scene), scene.chance)
    signal(first, 'SIGSTOP')
    await sleep(scene.chance(2_500))
    signal(second, 'SIGKILL')
    await sleep(scene.chance(1_000))
    signal(first, 'SIGCONT')
  },

  async pauseAll(scene: Scene) {
    const pids = await pidsOf(scene)
    for (const pid of pids) signal(pid, 'SIGSTOP')
    await sleep(scene.chance(4_000))
    for (const pid of pids) signal(pid, 'SIGCONT')
  },

  /** Brokers go on without it. */
  async killUp({ kavka, chance }: Scene) {
    await kavka.stopUp('SIGKILL')
    await sleep(chance(3_000))
    await kavka.startUp()
  },

  /** Nobody starts the broker again until it is back. */
  async killUpAndBroker(scene: Scene) {
    const pid = await anyPid(scene)
    await scene.kavka.stopUp('SIGKILL')
    await sleep(scene.chance(500))
    signal(pid, 'SIGKILL')
    await sleep(scene.chance(2_000))
    await scene.kavka.startUp()
  },

  async pauseUp({ kavka, chance }: Scene) {
    kavka.signalUp('SIGSTOP')
    await sleep(chance(3_000))
    kavka.signalUp('SIGCONT')
  },

  async restartUp({ kavka }: Scene) {
    await kavka.stopUp('SIGTERM')
    await kavka.startUp()
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>

async function pidsOf({ kavka }: Scene): Promise<number[]> {
  const { brokers = [] } = (await kavka.status()) ?? {}
  return brokers.flatMap(({ pid }) => (pid === null ? [] : [pid]))
}

async function anyPid(scene: Scene): Promise<number | undefined> {
  return shuffled(await pidsOf(scene), scene.chance)[0]
}

function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  const left = [...all]
  return Array.from({ length: left.length }, () => {
    return left.splice(chance(left.length), 1)[0] as T
  })
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has just ended
  }
}
