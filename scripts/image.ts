import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { layOutKavka, layOutNode } from './image/layers.ts'
import { packImage } from './image/pack-image.ts'

/**
 * Makes the image of operator and brokers, without Docker and of what is on this machine: the Node
 * that runs this, the system's libraries that it needs, and kavka.
 *
 *   npm run image -- kavka.tar [--name localhost/kavka:dev]     as an archive, for ctr, kind, podman, skopeo
 *   npm run image -- --folder FOLDER                            its two layers, as folders: see the Dockerfile
 *
 * Only on Linux with glibc, whose libraries these are. binutils (strip) make it 40 MB smaller.
 */
const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, folder: { type: 'string' } },
})
const [archive] = positionals
if ((archive === undefined) === (values.folder === undefined) || process.platform !== 'linux') {
  console.error('usage, on Linux: npm run image -- ARCHIVE.tar [--name NAME:TAG] | --folder FOLDER')
  process.exit(2)
}

if (values.folder !== undefined) {
  layOut(resolve(values.folder))
} else if (archive !== undefined) {
  const work = mkdtempSync(join(tmpdir(), 'kavka-image-'))
  try {
    const name = values.name ?? `localhost/kavka:${version}`
    packImage(layOut(work), archive, { name, config: configOf(version) })
    console.log(`${name} is in ${archive}: ${mebibytes(statSync(archive).size)} compressed`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** @returns Node apart from kavka: it changes less often, and who has it does not fetch it again. */
function layOut(folder: string): string[] {
  const node = join(folder, 'node')
  const kavka = join(folder, 'kavka')
  layOutNode(node, layOutKavka(kavka, root))
  console.log(`node: ${mebibytes(sizeOf(node))}, kavka: ${mebibytes(sizeOf(kavka))}`)
  return [node, kavka]
}

/** As the Dockerfile says it, too. */
function configOf(version: string) {
  return {
    User: '65532:65532',
    Env: ['PATH=/usr/local/bin'],
    Entrypoint: ['node', '/opt/kavka/bin/kavka'],
    WorkingDir: '/',
    Labels: {
      'org.opencontainers.image.title': 'kavka',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  }
}

function sizeOf(folder: string): number {
  return Number.parseInt(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }), 10)
}

function mebibytes(size: number): string {
  return `${(size / 2 ** 20).toFixed(0)} MiB`
}
