import { judge } from '../../bench/failover/judge.ts'
import type { Acked, Read } from './client-process.ts'

export type ChaosVerdict = {
  readonly acknowledged: number
  readonly read: number
  /** Acknowledged, and not there. */
  readonly lost: number
  readonly twice: number
  readonly disordered: number
  /** Acknowledged at an offset where there is something else. */
  readonly misplaced: number
  /** Read, and something else is there in the end: it was never committed. */
  readonly dirtyReads: number
  /** Offsets that a reader has passed over, or came to again. */
  readonly readGaps: number
}

/** @param logs Of each partition the values by offset. */
export function verdictOf(
  producers: readonly { readonly name: string; readonly acked: readonly Acked[] }[],
  read: readonly Read[],
  logs: readonly ReadonlyMap<number, string>[],
): ChaosVerdict {
  let [acknowledged, lost, twice, disordered, misplaced] = [0, 0, 0, 0, 0]
  for (const { name, acked } of producers) {
    acknowledged += acked.length
    for (const [partition, log] of logs.entries()) {
      const own = acked.filter((ack) => ack.partition === partition)
      const there = [...log.values()].filter((value) => value.startsWith(`${name} `))
      const numbers = there.map((value) => Number(value.split(' ')[1]))
      const verdict = judge(
        own.map(({ number }) => number),
        numbers,
      )
      lost += verdict.lost
      twice += verdict.twice
      disordered += verdict.disordered
      // Of one that it had sent before, a broker may not know the offset any more.
      const placed = own.filter(({ offset }) => offset >= 0)
      misplaced += placed.filter(
        ({ number, offset }) => log.get(offset) !== `${name} ${number}`,
      ).length
    }
  }
  const dirtyReads = read.filter(({ partition, offset, value }) => {
    return logs[partition]?.get(offset) !== value
  }).length
  return {
    acknowledged,
    read: read.length,
    lost,
    twice,
    disordered,
    misplaced,
    dirtyReads,
    readGaps: gapsIn(read),
  }
}

function gapsIn(read: readonly Read[]): number {
  const next = new Map<number, number>()
  let gaps = 0
  for (const { partition, offset } of read) {
    if (offset !== (next.get(partition) ?? 0)) gaps++
    next.set(partition, offset + 1)
  }
  return gaps
}
