/** Appends and takes snapshots, and says up to which offset it was told that it has, until killed. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { positionOf } from '../../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { realClock } from '../../../../lib/clock.ts'
import { acquireLock } from '../../../../lib/kernel-lock.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { DirectoryStore } from '../../../../operator/controller/store/directory-store.ts'

const [data = ''] = process.argv.slice(2)
const store = new DirectoryStore({
  files: realFiles,
  clock: realClock,
  directory: join(data, 'metadata'),
  newClusterId: 'killed',
  lock: (path) => acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a test' }),
})

const { state } = await store.open()
let position = positionOf(state)
writeSync(1, `${position.offset}\n`)
for (let turn = 1; ; turn++) {
  const appended = await store.append(position, [metadataRecord('NoOpRecord', {})])
  if (appended.type === 'superseded') throw new Error('superseded by nobody')
  position = appended.position
  writeSync(1, `${position.offset}\n`)
  if (turn % 20 === 0) await store.snapshot(position, state.image)
}
