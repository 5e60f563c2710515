import type { MetadataImage, VersionRange } from '../../../broker/metadata/image.ts'
import {
  levelAtBirth,
  levelNeededBy,
  metadataLevelOf,
  metadataVersion,
} from '../../../broker/metadata/levels.ts'
import { maxMetadataVersion, readRange } from '../../../broker/metadata/reads-up-to.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { Violation } from '../core/failure.ts'

/** A version of kavka, by the highest `metadata.version` of which it reads all. */
const newer = maxMetadataVersion
/** One that reads no more than what all logs begin with. */
const older = levelAtBirth

/** Which version of kavka each host has: for its present life, and for those to come. */
export class Versions {
  readonly #older: Set<string>
  readonly counts = { upgraded: 0, downgraded: 0 }

  constructor(older: readonly string[]) {
    this.#older = new Set(older)
  }

  /** The highest level of the metadata log of which all is read there. */
  of(host: string): number {
    return this.#older.has(host) ? older : newer
  }

  upgrade(host: string): void {
    if (this.#older.delete(host)) this.counts.upgraded++
  }

  downgrade(host: string): void {
    if (this.#older.has(host)) return
    this.#older.add(host)
    this.counts.downgraded++
  }
}

/**
 * What an operator knows of the others, as on Kubernetes: those of its own version read the same, of any
 * other it is not known.
 */
export function knownTo(
  host: string,
  { versions, all }: { versions: Versions; all: readonly string[] },
): ReadonlyMap<string, VersionRange | undefined> {
  const own = versions.of(host)
  const reads = (other: string) => (versions.of(other) === own ? readRange(own) : undefined)
  return new Map(all.map((other) => [other, reads(other)]))
}

/**
 * An append took effect: it needs no more than what the log says, and each broker that is registered has
 * said that it reads.
 *
 * @throws {Violation} NotRead
 */
export function checkIsReadByBrokers(
  before: MetadataImage,
  after: MetadataImage,
  records: readonly MetadataRecord[],
): void {
  let level = metadataLevelOf(before)
  for (const record of records) {
    const needed = levelNeededBy(record)
    if (needed > level) throw notRead(`a ${record.type} needs ${needed}, the log is at ${level}`)
    level = raisedTo([record]) ?? level
  }
  for (const { id, features } of after.brokers.values()) {
    const { min = 0, max = 0 } = features.get(metadataVersion) ?? {}
    const reads = `broker ${id} reads ${min} to ${max}`
    if (level < min || level > max) throw notRead(`${reads}, the log is at ${level}`)
  }
}

/** @param readsUpTo Of who acts. @throws {Violation} NotRead */
export function checkReads(image: MetadataImage, readsUpTo: number, who: string): void {
  const level = metadataLevelOf(image)
  if (level > readsUpTo) throw notRead(`${who} reads up to ${readsUpTo}, and acts at ${level}`)
}

/** To which level of the log; undefined where they raise nothing. */
export function raisedTo(records: readonly MetadataRecord[]): number | undefined {
  const levels = records.flatMap((record) => {
    const isOfLog = record.type === 'FeatureLevelRecord' && record.name === metadataVersion
    return isOfLog ? [record.featureLevel] : []
  })
  return levels.at(-1)
}

export function notRead(what: string): Violation {
  return new Violation('NotRead', what)
}
