import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Sets of Kafka's jars. One has its message definitions and its own converters; the other is a whole
 * broker with its tools, which is five times as large.
 */
const jarSets = {
  definitions: { pom: join(import.meta.dirname, 'pom.xml'), folder: 'kafka' },
  broker: { pom: join(import.meta.dirname, 'broker/pom.xml'), folder: 'kafka-broker' },
} as const
type JarSet = keyof typeof jarSets

/** Why Kafka's jars cannot be used on this machine, or undefined where they can. */
export function whyNoKafka(): string | undefined {
  for (const [command, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(command, [flag], { stdio: 'ignore' }).status !== 0) return `no ${command} here`
  }
  return undefined
}

/**
 * Kafka's jars from Maven, downloaded once into a cache outside the checkout.
 *
 * @returns A class path for `java -cp`: the folder with Java's own wildcard.
 */
export function kafkaClassPath(set: JarSet): string {
  const { pom, folder } = jarSets[set]
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const libs = join(cache, 'kavka', `${folder}-${versionIn(pom)}`)
  if (!existsSync(libs)) {
    const partial = `${libs}.${process.pid}`
    mkdirSync(partial, { recursive: true })
    try {
      const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`]
      execFileSync('mvn', ['-q', '-B', '-f', pom, ...copy], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      rename(partial, libs)
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  }
  return join(libs, '*')
}

/**
 * Runs one of the Java programs beside this file on Kafka's class path.
 *
 * @returns What it printed. Its errors go to the terminal.
 */
export function runJava(
  program: string,
  args: readonly string[] = [],
  set: JarSet = 'definitions',
): string {
  const source = join(import.meta.dirname, program)
  return execFileSync('java', ['-cp', kafkaClassPath(set), source, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Kafka's version, as a pom names it. */
function versionIn(pom: string): string {
  return /<kafka\.version>(.*)<\/kafka\.version>/.exec(readFileSync(pom, 'utf8'))?.[1] ?? ''
}

/** Another process may have been first: then its jars are as good. */
function rename(partial: string, libs: string): void {
  try {
    renameSync(partial, libs)
  } catch (error) {
    if (!existsSync(libs)) throw error
  }
}
