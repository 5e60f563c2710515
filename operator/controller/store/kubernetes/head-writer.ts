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
 * @returns Superseded where somebody else wrote. It may have been in between: then what is written
 *   here is there, under what they wrote.
 * @throws {StoreError} NotAppended, where it was refused; Offline, where that is not certain.
 */
export async function writeHead(
  api: Api,
  { name, from, to, parts }: HeadUpdate,
): Promise<'written' | 'superseded'> {
  const operations = patchOf(from, to)
  let mayArrive = false
  for (let attempt = 0; ; attempt++) {
    await ensureAll(api, parts)
    const outcome = await api.objects.patch(name, operations)
    api.patience.check()
    if (outcome.type === 'done') return 'written'
    if (outcome.type === 'refused') {
      const problem = mayArrive ? 'Offline' : 'NotAppended'
      throw new StoreError(problem, `the Kubernetes API refuses the metadata log: ${outcome.why}`)
    }
    if (outcome.type === 'unknown') mayArrive = true
    const found = await readObject(api, name)
    const chain = found.type === 'found' ? found.object.spec.chain : undefined
    if (chain === to.chain) return 'written'
    if (chain !== from.chain) return 'superseded'
    await api.patience.pause(attempt, outcome.why)
  }
}

/** All of them at once: while one was looked after, what happened to the API may have taken another. */
async function ensureAll(api: Api, parts: readonly Part[]): Promise<void> {
  const isKnown = ({ seenAt }: Part) => seenAt === api.objects.interruptions
  while (!parts.every(isKnown)) for (const part of parts) await ensurePart(api, part)
}

/** The head as it is now; undefined where there is none. @throws {StorageError} {MetadataError} */
export async function readHead(api: Api, name: string): Promise<Head | undefined> {
  const found = await readObject(api, name)
  return found.type === 'missing' ? undefined : headOf(name, found.object.spec)
}
