/** One call of a sync, so that a test can take it away as if its line were not there. */
export type SyncCall = {
  call: 'sync' | 'syncDirectory'
  /** The name the file was opened under. */
  path: string
  /** The how manieth sync of this disk it is, from 1 on. */
  number: number
  /** Who asked, nearest first, like `flush broker/log/segment.ts`. Costs a stack: ask it last. */
  readonly callers: readonly string[]
}

/** Made while the caller is on the stack. */
export function syncCall(about: Pick<SyncCall, 'call' | 'path' | 'number'>): SyncCall {
  return {
    ...about,
    get callers() {
      return callers()
    },
  }
}

function callers(): string[] {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 40
  const lines = (new Error('for its stack').stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = limit
  // Above the disk itself, and above whoever is asking this.
  const asked = lines.slice(lines.findLastIndex((line) => doors.test(line)) + 1)
  return asked.flatMap((line) => {
    const [, name = '', file = ''] =
      /^ *at (?:async )?(?:(.*) \()?(.*?):\d+:\d+\)?$/.exec(line) ?? []
    const path = file.replace(/^file:\/\//, '')
    if (!path.startsWith(root) || path.includes('/node_modules/')) return []
    return [`${name} ${path.slice(root.length)}`.trimStart()]
  })
}

const doors = /\/test\/sim\/disk\/(files-of|open-file)\.ts/
const root = new URL('../../../', import.meta.url).pathname
