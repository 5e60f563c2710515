import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { type Lock, productionPackages } from './production-packages.ts'
import { sharedLibraries } from './shared-libraries.ts'

/** kavka itself as JavaScript, with what it depends on. @returns The native packages among that. */
export function layOutKavka(layer: string, root: string): string[] {
  const kavka = join(layer, 'opt/kavka')
  const compiler = join(root, 'node_modules/.bin/tsc')
  const config = join(root, 'tsconfig.build.json')
  execFileSync(compiler, ['-p', config, '--outDir', join(kavka, 'dist')], { stdio: 'inherit' })
  for (const name of ['bin', 'package.json', 'LICENSE', 'NOTICE']) {
    cpSync(join(root, name), join(kavka, name), { recursive: true })
  }

  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  for (const path of productionPackages(lock)) {
    // One for another platform is not there.
    if (existsSync(join(root, path))) copyPackage(join(root, path), join(kavka, path))
  }
  return globSync(join(kavka, 'node_modules/**/*.node'))
}

/**
 * What kavka runs on: this Node, libraries of this machine, and a user.
 *
 * @param natives Native packages whose libraries have to be there too.
 */
export function layOutNode(layer: string, natives: readonly string[]): void {
  const node = join(layer, 'usr/local/bin/node')
  put(process.execPath, node)
  const license = join(dirname(process.execPath), '../LICENSE')
  if (existsSync(license)) put(license, join(layer, 'usr/local/LICENSE'))
  spawnSync('strip', [node]) // where there is none, the symbols stay
  for (const library of sharedLibraries([node, ...natives])) put(library, join(layer, library))

  write(layer, 'etc/passwd', 'kavka:x:65532:65532::/nonexistent:/nonexistent\n')
  write(layer, 'etc/group', 'kavka:x:65532:\n')
  write(layer, 'etc/nsswitch.conf', 'hosts: files dns\n') // else names are not looked up
}

function copyPackage(from: string, to: string): void {
  const isNeeded = (path: string) => !leftBehind.test(path.slice(from.length))
  cpSync(from, to, { recursive: true, filter: isNeeded })
}

/**
 * Packages in a package, which are packages of their own; what is for people and compilers; native
 * code for other platforms.
 */
const leftBehind = new RegExp(
  String.raw`/node_modules$|\.(map|md|[cm]?ts)$|/prebuilds/(?!${process.platform}-${process.arch})`,
)

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to) // of a link, what it leads to
}

function write(layer: string, path: string, text: string): void {
  const file = join(layer, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
