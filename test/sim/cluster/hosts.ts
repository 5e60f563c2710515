export const controllers = ['controller-1', 'controller-2']
export const brokers = ['broker-1', 'broker-2', 'broker-3']
export const client = 'client'
export const hosts = [...controllers, ...brokers]

/** One of them at a time, as the bounds of a plan want it. */
export function each(names: readonly string[]): string[][] {
  return names.map((name) => [name])
}

/** From each of them to each other. */
export function roadsAmong(names: readonly string[]): string[][] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to]))
}
