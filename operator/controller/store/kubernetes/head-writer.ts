import { StoreError } from '../store-error.ts'
import { type Head, headOf } from './head.ts'
import { patchOf } from './next-head.ts'
import { ensurePart, type Part } from './parts.ts'
import { type Api, readObject } from './read-object.ts'

export type HeadUpdate = {
  readonly name: string
  readonly from: Head
  readonly to: Head
  /** What it names, which is there before each attempt. */
  readonly parts: readonly Part[]
}

/**
 * Updates the head on condition that it is what this writer last read or wrote, and finds out what
 * became of that. Whoever does not know the last write fails: all of them aim at this one object.
 *
 * @returns Superseded where somebody else wrote, and nothing of this is there or will be.
 * @throws {StoreError} NotAppended, where it was refused. Offline, where that is not certain, or where
 *   somebody else wrote and this may be there under what they wrote.
 */
export async function writeHead(api: Api, update: HeadUpdate): Promise<'written' | 'superseded'> {
  // Of an attempt of which nothing is known.
  const sent = { mayArrive: false }
  try {
    const outcome = await attempts(api, update, sent)
    if (outcome === 'written' || !sent.mayArrive) return outcome
    throw new StoreError(
      'Offline',
      'somebody else wrote to the metadata log, perhaps on top of this',
    )
  } catch (error) {
    const isRefused = error instanceof StoreError && error.problem === 'NotAppended'
    if (!isRefused || !sent.mayArrive) throw error
    throw new StoreError('Offline', error.message, { cause: error })
  }
}

async function attempts(
  api: Api,
  { name, from, to, parts }: HeadUpdate,
  sent: { mayArrive: boolean },
): Promise<'written' | 'superseded'> {
  const { objects, patience } = api
  const operations = patchOf(from, to)
  const isKnown = ({ seenAt }: Part) => seenAt === objects.interruptions
  for (let attempt = 0; ; attempt++) {
    // While one was looked after, what happened to the API may have taken another.
    while (!parts.every(isKnown)) for (const part of parts) await ensurePart(api, part)
    const outcome = await objects.patch(name, operations)
    patience.check()
    if (outcome.type === 'done') return 'written'
    if (outcome.type === 'refused') {
      const what = `the Kubernetes API refuses the metadata log: ${outcome.why}`
      throw new StoreError('NotAppended', what)
    }
    if (outcome.type === 'unknown') sent.mayArrive = true
    const found = await readObject(api, name)
    const chain = found.type === 'found' ? found.object.spec.chain : undefined
    if (chain === to.chain) return 'written'
    if (chain !== from.chain) return 'superseded'
    await patience.pause(attempt, outcome.why)
  }
}

/** The head as it is now; undefined where there is none. @throws {StorageError} {MetadataError} */
export async function readHead(api: Api, name: string): Promise<Head | undefined> {
  const found = await readObject(api, name)
  return found.type === 'missing' ? undefined : headOf(name, found.object.spec)
}
