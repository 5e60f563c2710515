/**
 * Whether a resourceVersion is older than another. They have an order (KEP-5504): numbers without
 * zeros before them, so the longer one is the newer.
 */
export function isOlder(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length
}
