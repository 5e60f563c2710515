import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The version of a package that is installed here. */
export function npmVersion(name: string): string {
  const file = join(import.meta.dirname, '../../node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
