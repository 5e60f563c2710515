import { execFileSync } from 'node:child_process'

/**
 * Where the libraries are that programs and native packages are linked to, and the libraries of
 * those, the loader among them.
 *
 * @throws If one of them is missing on this machine.
 */
export function sharedLibraries(files: readonly string[]): string[] {
  return [...new Set(files.flatMap(librariesOf))].sort()
}

function librariesOf(file: string): string[] {
  const printed = execFileSync('ldd', [file], { encoding: 'utf8' })
  const missing = /(\S+) => not found/.exec(printed)?.[1]
  if (missing !== undefined) throw new Error(`${file} needs ${missing}, which is not here`)
  return [...printed.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? [])
}
