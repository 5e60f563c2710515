import { maxAmountLength } from './fields.ts'

/** Powers of ten and of two by their suffix. Source: k8s.io/apimachinery/pkg/api/resource. */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The form of a quantity. Exponents of three digits are beyond what a number here can hold. */
export const quantityPattern =
  /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$/

/**
 * An amount as Kubernetes writes it: `100Gi` is 107,374,182,400, `500m` is 0.5.
 *
 * @returns Units, exact up to 2^53; undefined for what is no quantity.
 */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  const parts = text.length <= maxAmountLength ? quantityPattern.exec(text) : null
  if (parts === null) return undefined
  const suffix = parts[2] ?? ''
  const digits = text.slice(0, text.length - suffix.length)
  return /^[eE][+-]?[0-9]/.test(suffix)
    ? Number(text)
    : Number(digits) * (suffixes[suffix] as number)
}

/** The shortest way to write a whole number of units, such as `64Mi`. */
export function formatQuantity(units: number): string {
  const binary = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']
  const suffix = binary.find((each) => units !== 0 && units % (suffixes[each] as number) === 0)
  return suffix === undefined ? String(units) : `${units / (suffixes[suffix] as number)}${suffix}`
}
