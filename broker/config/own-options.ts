/**
 * Options that a file may leave to the environment of the process, so that brokers which differ in
 * nothing else share one file:
 *
 * | variable | option |
 * |---|---|
 * | KAVKA_NODE_ID | nodeId |
 * | KAVKA_ADVERTISED_HOST | advertisedHost of each listener |
 * | KAVKA_INTERNAL_HOST | advertisedHost of the listener for other brokers, where that is another |
 */
export type Environment = { readonly [name: string]: string | undefined }

/** What a file says, and what the environment says of what it leaves out. */
export function withOwnOptions(file: unknown, environment: Environment): unknown {
  if (!isObject(file)) return file
  const { KAVKA_NODE_ID: nodeId } = environment
  return {
    ...(nodeId === undefined ? {} : { nodeId: numberOf(nodeId) }),
    ...file,
    ...(isObject(file['listeners']) ? { listeners: withHost(file['listeners'], environment) } : {}),
  }
}

function withHost(listeners: { readonly [name: string]: unknown }, environment: Environment) {
  const { KAVKA_ADVERTISED_HOST: everywhere, KAVKA_INTERNAL_HOST: inside } = environment
  const filled = Object.entries(listeners).map(([name, listener]) => {
    const advertisedHost = name === 'internal' ? (inside ?? everywhere) : everywhere
    if (advertisedHost === undefined || !isObject(listener)) return [name, listener]
    return [name, { advertisedHost, ...listener }]
  })
  return Object.fromEntries(filled)
}

/** A text that is no number stays one: whoever checks it says so. */
function numberOf(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
