import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'

export type ImageParts = {
  /** With its tag, such as `localhost/kavka:0.0.0`. */
  readonly name: string
  /** What a container of it does if nothing else is said: `config` of OCI's image specification. */
  readonly config: { readonly [name: string]: unknown }
}

/**
 * Packs folders as an image, each as a layer above the one before it, everything owned by root. The
 * same content makes the same bytes.
 *
 * @param archive A tar file in the image layout of OCI, for `ctr image import`, `kind load
 *   image-archive`, `podman load`, `skopeo copy oci-archive:`.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function packImage(
  layers: readonly string[],
  archive: string,
  { name, config }: ImageParts,
): void {
  const work = mkdtempSync(join(tmpdir(), 'kavka-image-'))
  try {
    mkdirSync(join(work, 'blobs/sha256'), { recursive: true })
    const packed = layers.map((layer) => {
      const tarred = tar(layer)
      return { diffId: digestOf(tarred), blob: blob('layer.v1.tar+gzip', gzipSync(tarred)) }
    })
    const about = blob('config.v1+json', {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: packed.map(({ diffId }) => diffId) },
    })
    const manifest = blob('manifest.v1+json', {
      schemaVersion: 2,
      mediaType: mediaType('manifest.v1+json'),
      config: about,
      layers: packed.map((layer) => layer.blob),
    })
    const annotations = {
      'io.containerd.image.name': name, // containerd and Docker know it by this one, others by its tag
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    }
    write('index.json', { schemaVersion: 2, manifests: [{ ...manifest, annotations }] })
    write('oci-layout', { imageLayoutVersion: '1.0.0' })
    writeFileSync(archive, tar(work))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }

  /** Stores content under its digest. @returns What refers to it. */
  function blob(type: string, content: Buffer | object) {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const digest = digestOf(bytes)
    writeFileSync(join(work, 'blobs', digest.replace(':', '/')), bytes)
    return { mediaType: mediaType(type), digest, size: bytes.length }
  }

  function write(path: string, content: object): void {
    writeFileSync(join(work, path), JSON.stringify(content))
  }
}

function mediaType(type: string): string {
  return `application/vnd.oci.image.${type}`
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** All that is in a folder, whenever and whoever wrote it. */
function tar(folder: string): Buffer {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const files = ['--mode=u+rwX,go+rX,go-w', '--directory', folder, '.']
  return execFileSync('tar', ['--create', ...same, ...files], { maxBuffer: 2 ** 31 })
}
