import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, test } from 'vitest'
import type { Files, OpenFile } from '../../../lib/files.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const directory = mkdtempSync(join(tmpdir(), 'kavka-agreement-'))
afterAll(() => rmSync(directory, { recursive: true }))

const names = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'f/g/h']
const path = fc.constantFrom(...names)
const handle = fc.nat({ max: 2 })
const at = fc.nat({ max: 40 })
const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 })
/** One kind of call with what it takes. */
function op<T extends string, Fields extends object>(
  type: T,
  fields: { [K in keyof Fields]: fc.Arbitrary<Fields[K]> },
): fc.Arbitrary<{ type: T } & Fields> {
  return fc.record(fields).map((values) => ({ type, ...(values as Fields) }))
}

const operation = fc.oneof(
  op('list', { path }),
  op('readFile', { path }),
  op('open', { path, handle }),
  op('create', { path, handle }),
  op('makeDirectory', { path }),
  op('rename', { path, to: path }),
  op('remove', { path }),
  op('removeLater', { path }),
  op('removeDirectory', { path }),
  op('syncDirectory', { path }),
  op('read', { handle, at, later: fc.boolean() }),
  op('write', { handle, at, parts, later: fc.boolean() }),
  op('truncate', { handle, at }),
  op('sync', { handle, later: fc.boolean() }),
  op('close', { handle }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** One side: a place on a disk, and the files that are open there. */
class Side {
  readonly #files: Files
  readonly #base: string
  readonly #open: (OpenFile | undefined)[] = []

  constructor(files: Files, base: string) {
    this.#files = files
    this.#base = base
    files.makeDirectory(base)
  }

  /** What came of it: a value, or the code of an error. */
  async outcome(operation: Operation): Promise<string> {
    try {
      return JSON.stringify(await this.#do(operation)) ?? 'done'
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code ?? message.replace(this.#base, '')
    }
  }

  contents(path = this.#base): unknown[] {
    return this.#files
      .list(path)
      .sort()
      .map((name) => {
        try {
          return [name, ...(this.#files.readFile(`${path}/${name}`) ?? [])]
        } catch {
          return [name, this.contents(`${path}/${name}`)]
        }
      })
  }

  end(): void {
    for (const file of this.#open) file?.close()
    this.#files.removeDirectory(this.#base)
  }

  #do(operation: Operation): unknown {
    const files = this.#files
    const at = 'path' in operation ? `${this.#base}/${operation.path}` : ''
    const file = 'handle' in operation ? this.#open[operation.handle] : undefined
    switch (operation.type) {
      case 'list':
        return files.list(at).sort()
      case 'readFile':
        return [...(files.readFile(at) ?? ['none'])]
      case 'open':
      case 'create': {
        const opened = files[operation.type](at)
        file?.close()
        this.#open[operation.handle] = opened
        return opened.sizeBytes()
      }
      case 'rename':
        return files.rename(at, `${this.#base}/${operation.to}`)
      case 'makeDirectory':
      case 'remove':
      case 'removeLater':
      case 'removeDirectory':
      case 'syncDirectory':
        return files[operation.type](at)
      case 'read':
        return this.#read(operation)
      case 'write':
        if (operation.later) return file?.writeLater(operation.parts, operation.at)
        return file?.write(operation.parts, operation.at)
      case 'truncate':
        return file?.truncate(operation.at)
      case 'sync':
        return operation.later ? file?.syncLater() : file?.sync()
      case 'close':
        return file?.close()
    }
  }

  async #read({ handle, at, later }: Extract<Operation, { type: 'read' }>): Promise<unknown> {
    const file = this.#open[handle]
    const into = Buffer.alloc(16)
    const count = later ? await file?.readLater(into, at) : file?.read(into, at)
    return [count, ...into, file?.sizeBytes()]
  }
}

test('the real disk and the simulated one agree on whatever is asked without faults', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60, size: 'max' }), async (operations) => {
      const disk = new SimulatedDisk(run)
      const sides = [
        new Side(realFiles, join(directory, `${run++}`)),
        new Side(disk.files(), '/simulated'),
      ] as const
      for (const operation of operations) {
        const [real, simulated] = await Promise.all(sides.map((side) => side.outcome(operation)))
        if (real !== simulated) {
          throw new Error(`${JSON.stringify(operation)}: really ${real}, simulated ${simulated}`)
        }
      }
      const [real, simulated] = sides.map((side) => JSON.stringify(side.contents()))
      if (real !== simulated) throw new Error(`really ${real}, simulated ${simulated}`)
      for (const side of sides) side.end()
    }),
    { seed: 4, numRuns: 300 },
  )
})
