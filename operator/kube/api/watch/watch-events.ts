import { type Failure, noAnswer } from '../requests/answer.ts'
import { failureOf } from '../requests/failure-of.ts'
import type { KubeObject } from '../requests/kube-object.ts'
import { lines } from './lines.ts'

/** What a watch says, in the API server's own words. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly object: T }
  /** The last one, and ours. Undefined: the API server closed it in order. */
  | { readonly type: 'END'; readonly failure: Failure | undefined }

/** The events of an open watch, until it ends in whatever way. It throws nothing. */
export async function* watchEvents<T extends KubeObject>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  let failure: Failure | undefined
  try {
    for await (const line of lines(chunks, longestLineBytes)) {
      const event = JSON.parse(line) as Exclude<WatchEvent<T>, { type: 'END' }> | ErrorEvent
      if (event.type !== 'ERROR') {
        yield event
        continue
      }
      // Such as 410, within an answer that began with 200.
      failure = failureOf(event.object.code ?? 500, event.object)
      break
    }
  } catch (error) {
    failure = noAnswer(error)
  }
  yield { type: 'END', failure }
}

type ErrorEvent = { readonly type: 'ERROR'; readonly object: { readonly code?: number } }

/** An object has 1.5 MiB at most in etcd; as JSON it may be larger. */
const longestLineBytes = 8 * 2 ** 20
