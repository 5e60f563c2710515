import type { About, KafkaSetting, Setting } from './setting.ts'

type Kafkas = { readonly [name: string]: KafkaSetting }
type Abouts = { readonly [name: string]: About }

/** Puts what we say of settings beside what Kafka says of them: one table for both. */
export function settings<const K extends Kafkas, const A extends Abouts>(
  kafkas: K,
  about: A & { readonly [Name in keyof K]: About },
  sourceOf: (name: string) => string,
): { readonly [Name in keyof K & string]: K[Name] & Setting } {
  const table = Object.entries(kafkas).map(([name, kafka]): [string, Setting] => {
    return [name, { ...kafka, ...(about[name] as About), source: sourceOf(name) }]
  })
  return Object.fromEntries(table) as { readonly [Name in keyof K & string]: K[Name] & Setting }
}
