import { durationPattern } from '../schema/duration.ts'
import type { Pattern } from '../schema/fields.ts'

/** A text as CEL writes it. @see https://github.com/google/cel-spec/blob/master/doc/langdef.md */
export function celText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

export function celList(texts: readonly string[]): string {
  return `[${texts.map(celText).join(', ')}]`
}

/**
 * A text with values in it. Nothing else that makes a text keeps to the budget of an API server: it
 * takes a number or a text that comes of a sum or of `string()` for as long as a request may be.
 */
export function celFormat(text: string, values: readonly string[]): string {
  return `${celText(text)}.format([${values.join(', ')}])`
}

/** The way to a field, as `fieldPath` takes it: below the object of which a rule is asked. */
export function fieldPath(at: readonly string[]): string {
  return at.map((step) => (/^[a-zA-Z]\w*$/.test(step) ? `.${step}` : `['${step}']`)).join('')
}

export const isDuration = (value: string) => `${value}.matches(${celText(durationPattern.source)})`
export const isQuantity = (value: string) => `isQuantity(string(${value}))`

/** A pattern as an API server reads it: only JavaScript has to escape a slash. */
export function re2Of({ match }: Pattern): string {
  return match.source.replaceAll('\\/', '/')
}
