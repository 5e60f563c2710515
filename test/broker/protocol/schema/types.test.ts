import { expectTypeOf, test } from 'vitest'
import type {
  FetchRequest,
  FetchResponse,
  FetchResponseInput,
  HeartbeatRequestInput,
  MetadataRequest,
} from '../../../../broker/protocol/generated/messages.ts'
import type { RecordsInput } from '../../../../broker/protocol/schema/fields.ts'

// Checked by tsc (`npm run types`); at run time there is nothing left of them.

test('a message as read has every field', () => {
  expectTypeOf<FetchResponse['sessionId']>().toEqualTypeOf<number>()
  type Partition = FetchResponse['responses'][number]['partitions'][number]
  expectTypeOf<Partition['currentLeader']>().toEqualTypeOf<{
    leaderId: number
    leaderEpoch: number
  }>()
  expectTypeOf<Partition['records']>().toEqualTypeOf<Uint8Array | null>()
})

test('a field is null only where some version allows it', () => {
  expectTypeOf<MetadataRequest['topics']>().toExtend<unknown[] | null>()
  expectTypeOf<FetchRequest['topics'][number]['topic']>().toEqualTypeOf<string>()
})

test('two fields that use all of 64 bits are bigints, the others numbers', () => {
  type Partition = FetchRequest['topics'][number]['partitions'][number]
  expectTypeOf<Partition['highWatermark']>().toEqualTypeOf<bigint>()
  expectTypeOf<Partition['fetchOffset']>().toEqualTypeOf<number>()
})

test('a message as written may leave out what has a default or is not in every version', () => {
  expectTypeOf<{
    groupId: string
    generationId: number
    memberId: string
  }>().toExtend<HeartbeatRequestInput>()
  expectTypeOf<{ groupId: string; generationId: number }>().not.toExtend<HeartbeatRequestInput>()
  type Partition = FetchResponseInput['responses'][number]['partitions'][number]
  expectTypeOf<Partition['records']>().toEqualTypeOf<RecordsInput | null>()
  expectTypeOf<Partition['currentLeader']>().toExtend<object | undefined>()
})
