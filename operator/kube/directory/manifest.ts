import type { AnyResource } from '../../api/kinds.ts'
import type { Path } from '../../api/schema/problem.ts'

/** One of our resources as it stands in a file. */
export type Manifest = {
  /** `Topic/default/orders`: kind, namespace and name tell resources apart. */
  readonly key: string
  readonly kind: string
  readonly name: string
  /** As it was written, without defaults. */
  readonly value: unknown
  readonly place: Place
}

/** Where a manifest stands. */
export type Place = {
  readonly file: string
  /** The text of its document, and the line of the file that the text begins on, from 1. */
  readonly text: string
  readonly firstLine: number
  /** The way to it within the document: not empty for an item of a List. */
  readonly within: Path
}

/** A manifest that has nothing wrong with it. */
export type Accepted = { readonly manifest: Manifest; readonly resource: AnyResource }

/** Something that the owner of the manifests has to see. A note can be left as it is. */
export type Finding = {
  readonly level: 'error' | 'note'
  readonly file: string
  readonly line?: number
  /** Such as `Topic orders`. */
  readonly subject?: string
  readonly field?: string
  readonly reason: string
  readonly message: string
}

/** `topics.yaml:12: Topic orders: spec.partitions: must be at least 1, found 0` */
export function formatFinding({ file, line, subject, field, message }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}`
  const parts = [place, subject, field, message]
  return parts.filter((part) => part !== undefined && part !== '').join(': ')
}
