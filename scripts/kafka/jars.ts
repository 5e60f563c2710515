import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const pom = join(import.meta.dirname, 'pom.xml')

/** Kafka's version, as the pom beside this file names it. */
const kafkaVersion =
  /<kafka\.version>(.*)<\/kafka\.version>/.exec(readFileSync(pom, 'utf8'))?.[1] ?? ''

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
function kafkaClassPath(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const libs = join(cache, 'kavka', `kafka-${kafkaVersion}`)
  if (!existsSync(libs)) {
    const partial = `${libs}.${process.pid}`
    mkdirSync(partial, { recursive: true })
    try {
      const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`]
      execFileSync('mvn', ['-q', '-B', '-f', pom, ...copy], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      renameSync(partial, libs)
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
export function runJava(program: string, args: readonly string[] = []): string {
  const source = join(import.meta.dirname, program)
  return execFileSync('java', ['-cp', kafkaClassPath(), source, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
