import { expect, test } from 'vitest'
import { imageDigest } from '../../../../broker/metadata/image-digest.ts'
import { positionOf } from '../../../../broker/metadata/position.ts'
import { type MetadataRecord, metadataRecord } from '../../../../broker/metadata/records.ts'
import type { MetadataStore } from '../../../../operator/controller/store/metadata-store.ts'
import { MetadataHistory } from '../../../support/metadata-history.ts'

const noOps = [metadataRecord('NoOpRecord', {})]

/** What every end of the metadata store promises. */
export function promisesOf(connect: () => Promise<MetadataStore> | MetadataStore): void {
  test('a new log holds whose it is', async () => {
    const { state, batches } = await (await connect()).open()
    expect(state.image.clusterId).toBe('kafka-of-tests')
    expect(positionOf(state)).toMatchObject({ offset: 1, epoch: 0 })
    expect(batches.map(({ baseOffset, nextOffset }) => [baseOffset, nextOffset])).toEqual([[0, 1]])
  })

  test('what was appended is there when it is opened again, snapshots taken or not', async () => {
    const store = await connect()
    const history = new MetadataHistory(7)
    let { state } = await store.open()
    history.image = state.image
    history.offset = state.offset
    for (let turn = 1; turn <= 30; turn++) {
      const records = history.next()
      const appended = await store.append(positionOf(state), records)
      state = { image: history.image, offset: history.offset }
      expect(appended).toMatchObject({
        type: 'appended',
        position: positionOf(state),
        batch: { records, nextOffset: state.offset, controllerEpoch: state.image.controller.epoch },
      })
      if (turn % 10 === 0) {
        const taken = await store.snapshot(positionOf(state), state.image)
        const { snapshotBytes } = await store.open()
        expect(snapshotBytes).toBeGreaterThan(0)
        expect(taken).toEqual({ type: 'taken', snapshotBytes })
      }
      if (turn % 7 !== 0) continue
      const again = await store.open()
      expect(positionOf(again.state)).toEqual(positionOf(state))
      expect(imageDigest(again.state.image)).toBe(imageDigest(state.image))
      expect(again.snapshot.offset > 0).toBe(turn > 10)
      expect(again.batches[0]?.baseOffset ?? state.offset).toBe(again.snapshot.offset)
    }
  })

  test('an append at a position that is not the last is superseded, and nothing is written', async () => {
    const store = await connect()
    const { state } = await store.open()
    const position = positionOf(state)
    await store.append(position, noOps)
    for (const other of [
      position,
      { ...position, offset: 3 },
      { ...position, offset: 2, epoch: 1 },
      { ...position, offset: 2, incarnationId: 'another' },
    ]) {
      expect(await store.append(other, noOps)).toEqual({ type: 'superseded' })
    }
    expect((await store.open()).state.offset).toBe(2)
  })

  test('an epoch record is in the epoch that it begins', async () => {
    const store = await connect()
    const { state } = await store.open()
    const incarnationId = 'B'.repeat(21).concat('A')
    const takeOver: MetadataRecord = metadataRecord('ControllerEpochRecord', {
      epoch: 4,
      incarnationId,
      startOffset: 1,
    })
    const appended = await store.append(positionOf(state), [takeOver, ...noOps])
    expect(appended).toMatchObject({
      position: { offset: 3, epoch: 4, incarnationId },
      batch: { controllerEpoch: 4 },
    })
    expect((await store.open()).state.image.controller).toMatchObject({ epoch: 4, incarnationId })
  })
}
