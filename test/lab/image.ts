import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { packImage } from '../../scripts/image/pack-image.ts'
import { sharedLibraries } from '../../scripts/image/shared-libraries.ts'

/**
 * `node image.ts NAME ARCHIVE`: an image with a shell, and with kcat if this machine has it. Containers
 * of it do nothing: Kubernetes needs one such in each pod, and in others tests run what they like.
 */
const [name = '', archive = ''] = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'kavka-lab-image-'))
try {
  put(which('busybox') ?? '', '/bin/busybox')
  for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' })
    .trim()
    .split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  }
  const kcat = which('kcat')
  if (kcat !== undefined) {
    put(kcat, '/bin/kcat')
    for (const library of sharedLibraries([kcat])) put(library, library)
  }
  packImage([root], archive, {
    name,
    config: { Env: ['PATH=/bin'], Entrypoint: ['sleep', '1000000000'] },
  })
} finally {
  rmSync(root, { recursive: true, force: true })
}

function put(from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true })
  copyFileSync(from, join(root, to))
}

function which(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
}
