/**
 * A body as it comes out at the other end: nothing of it is shared, as on a wire.
 *
 * @throws {TypeError} It holds what no wire carries: a function, a promise, an instance of a class.
 */
export function copyOf<T>(body: T): T {
  return copied(body) as T
}

function copied(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw refusal(typeof value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copied)
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (value instanceof Uint8Array) return value.slice()
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [copied(k), copied(v)]))
  if (value instanceof Set) return new Set([...value].map(copied))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refusal(value.constructor.name)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) copy[key] = copied((value as Record<string, unknown>)[key])
  return copy
}

function refusal(what: string): TypeError {
  return new TypeError(`no wire carries a ${what}`)
}
