import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'

/** What one round of a contender took. */
export type Round = { ms: number; userMs: number; systemMs: number }

/**
 * Times contenders in turn, round by round, each in a process of its own: see `compare.ts`, which
 * tells less of each round.
 *
 * @param script Calls `serveRounds`. @param args Of each contender.
 * @returns The rounds of each.
 */
export async function runRounds(
  script: string,
  args: readonly (readonly string[])[],
  { rounds }: { rounds: number },
): Promise<Round[][]> {
  const contenders = args.map((own) => ({ process: fork(script, own), taken: [] as Round[] }))
  try {
    for (const { process } of contenders) await runRound(process) // warms up, and is not counted
    for (let round = 0; round < rounds; round++) {
      for (const { process, taken } of contenders) taken.push(await runRound(process))
    }
  } finally {
    for (const { process } of contenders) process.disconnect()
  }
  return contenders.map(({ taken }) => taken)
}

/**
 * The other side: runs `round` whenever it is asked to.
 *
 * @param prepare Comes before each round, and is not timed. Nor is `end`, when no more is asked.
 */
export async function serveRounds({
  prepare,
  round,
  end,
}: Record<'prepare' | 'round' | 'end', () => void | Promise<void>>): Promise<void> {
  let isWarm = false
  for await (const _ of on(process, 'message', { close: ['disconnect'] })) {
    if (!isWarm) for (let spentMs = 0; spentMs < warmUpMs; ) spentMs += (await runOnce()).ms
    isWarm = true
    process.send?.(await runOnce())
  }
  await end()

  async function runOnce(): Promise<Round> {
    await prepare()
    const before = process.cpuUsage()
    const started = performance.now()
    await round()
    const ms = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    return { ms, userMs: user / 1_000, systemMs: system / 1_000 }
  }
}

/** The compilers need some thousand calls to get to what they will keep. */
const warmUpMs = 2_000

function runRound(contender: ChildProcess): Promise<Round> {
  return new Promise((resolve, reject) => {
    const answered = (round: unknown) => {
      contender.off('exit', failed)
      resolve(round as Round)
    }
    const failed = () => {
      contender.off('message', answered)
      reject(new Error('a contender has failed, see above'))
    }
    contender.once('message', answered).once('exit', failed)
    contender.send('round')
  })
}
