import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../clients/tools.ts'

export type UnpackedImage = {
  readonly root: string
  readonly config: {
    readonly User: string
    readonly Env: readonly string[]
    readonly Entrypoint: readonly string[]
  }
}

/** Its file system, and what it says of itself. */
export async function unpackImage(archive: string, folder: string): Promise<UnpackedImage> {
  const root = join(folder, 'root')
  const layout = join(folder, 'layout')
  for (const each of [root, layout]) mkdirSync(each)
  await run('tar', ['-xf', archive, '-C', layout])
  const blob = (digest: string) => join(layout, 'blobs', digest.replace(':', '/'))
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  const manifest = json(blob(json(join(layout, 'index.json')).manifests[0].digest))
  for (const { digest } of manifest.layers) await run('tar', ['-xzf', blob(digest), '-C', root])
  return { root, config: json(blob(manifest.config.digest)).config }
}

/**
 * What runs a command as a container of the image would: as its user, who can write nothing but a
 * volume. It is that command's own process.
 *
 * @param volume A folder in it.
 */
export function inContainer(
  { root, config }: UnpackedImage,
  volume: string,
  command: readonly string[],
): { command: string; args: string[] } {
  // Where runtimes mount something they make a folder if there is none.
  for (const each of ['dev', 'proc', volume]) mkdirSync(join(root, each), { recursive: true })
  const script = `set -e
    root=$1 volume=$1/$2 user=$3 variables=$4
    shift 4
    chown -R "$user" "$volume"
    mount --bind "$root" "$root"
    mount --bind "$volume" "$volume"
    mount -o remount,bind,ro "$root"
    for each in dev proc; do mount --rbind "/$each" "$root/$each"; done
    exec env -i $variables "$(command -v chroot)" --userspec="$user" "$root" "$@"`
  const own = [root, volume, config.User, config.Env.join(' '), ...command]
  return { command: 'unshare', args: ['--mount', 'sh', '-c', script, 'sh', ...own] }
}
