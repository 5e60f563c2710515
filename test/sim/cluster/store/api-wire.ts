import type { ApiAnswer } from '../../../support/cluster-metadata-api.ts'
import type { CallType, Wire } from '../../../support/cluster-metadata-client.ts'
import type { Faults } from '../../core/faults.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { World } from '../../core/world.ts'
import type { ApiServer } from './api-server.ts'

/**
 * How the calls of one life of a node get to an API server, and answers back. Faults: `storeSlow` (a call
 * arrives late, after its sender gave up perhaps), `storeLost` (it is carried out, and the answer is
 * lost), `storeFails` (5xx: carried out or not, and it does not say), `storeConflict` (409, for a change
 * that was not one of the log). What is under way goes on though its sender is dead.
 */
export function wireOf(node: Incarnation, about: { faults: Faults; server: ApiServer }): Wire {
  const { world } = node
  return (call, run) => node.gate.call(() => sent(call, run, { world, ...about }))
}

function sent<T>(
  call: CallType,
  run: () => T,
  { world, faults, server }: { world: World; faults: Faults; server: ApiServer },
): Promise<T | 'lost'> {
  const random = world.randomOf(`api ${call}`)
  const wayMs = 1 + random.below(faults.strikes('storeSlow', call) ? slowMs : 10)
  const isLost = faults.strikes('storeLost', call)
  const { timesPutBack } = server
  const { promise, resolve } = Promise.withResolvers<T | 'lost'>()
  const timeout = world.at(timeoutMs, 'api timeout', () => resolve('lost'))
  const answer = (value: T | 'lost') => {
    timeout.cancel()
    resolve(value)
  }
  world.at(wayMs, `api ${call}`, () => {
    if (server.isOut) {
      if (random.below(2) === 0) answer('lost') // refused, else nobody is there to refuse it
      return
    }
    const isLate = server.timesPutBack !== timesPutBack
    const value = carriedOut(call, run, { world, faults, server, isLate })
    const backMs = 1 + random.below(isLost ? timeoutMs : 4)
    world.at(backMs, 'api answer', () => {
      const isGone = isLost || server.isOut || server.timesPutBack !== timesPutBack
      answer(isGone ? 'lost' : value)
    })
  })
  return promise
}

function carriedOut<T>(
  call: CallType,
  run: () => T,
  about: { world: World; faults: Faults; server: ApiServer; isLate: boolean },
): T | 'lost' {
  const { world, faults, server, isLate } = about
  const isWrite = call === 'create' || call === 'patch'
  if (call === 'patch' && faults.strikes('storeConflict', call)) return failure(409) as T
  if (!faults.strikes('storeFails', call)) return server.carryOut(call, run, isLate)
  const random = world.randomOf(`api fails ${call}`)
  const isDone = random.below(2) === 0
  if (isDone) server.carryOut(call, run, isLate)
  // Of others the client only hears that they failed.
  if (!isWrite) return 'lost'
  const codes = isDone ? [500, 504] : [500, 504, 503, 429]
  return failure(codes[random.below(codes.length)] as number) as T
}

function failure(code: number): ApiAnswer {
  return { code, status: { reason: code === 409 ? 'Conflict' : '', message: `${code}` } }
}

/** That of the client for the metadata log. */
const timeoutMs = 1_000
const slowMs = 3_000
