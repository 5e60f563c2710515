import fc from 'fast-check'
import type { AnyField, Fields } from '../../broker/protocol/schema/fields.ts'
import type { Message } from '../../broker/protocol/schema/message.ts'

/** Any message in a version: exactly the fields that the version has, nulls where it allows them. */
export function arbitraryMessage(type: Message, version: number): fc.Arbitrary<object> {
  return arbitraryStruct(type.fields, version)
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<object> {
  const there = Object.entries(fields).filter(([, { options }]) => {
    return version >= (options.since ?? 0) && version <= (options.last ?? Number.POSITIVE_INFINITY)
  })
  return fc.record(
    Object.fromEntries(there.map(([name, field]) => [name, arbitraryField(field, version)])),
    { noNullPrototype: true },
  )
}

function arbitraryField(field: AnyField, version: number): fc.Arbitrary<unknown> {
  const { nullableSince } = field.options
  const value = arbitraryValue(field, version)
  const nullable = nullableSince !== undefined && version >= nullableSince
  return nullable ? fc.option(value, { nil: null, freq: 4 }) : value
}

function arbitraryValue(field: AnyField, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32_768, max: 32_767 })
    case 'int32':
      return fc.integer()
    case 'uint16':
      return fc.nat({ max: 0xffff })
    case 'uint32':
      return fc.nat({ max: 0xffffffff })
    case 'int64':
      return fc.maxSafeInteger()
    case 'bigint64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      return fc.double()
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
        return Buffer.from(bytes).toString('base64url')
      })
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 60 })
    case 'bytes':
    case 'records':
      return fc.uint8Array({ maxLength: 40 })
    case 'array':
      return fc.array(arbitraryField(field.element as AnyField, version), { maxLength: 5 })
    case 'struct':
      return arbitraryStruct(field.fields as Fields, version)
  }
}
