import { readFileSync, statSync } from 'node:fs'

/**
 * What keeps what was written to a file and not flushed, as long as neither changes: this kernel since
 * it booted, and the file system that the path is on, which has another number where it is another
 * machine's. File systems without a device of their own (overlay, btrfs, NFS) may get another one each
 * time they are mounted.
 *
 * @returns Undefined where the system does not tell one boot from another: on macOS.
 * @throws What Node says of the disk.
 */
export function groundOf(path: string): { bootId: string; device: string } | undefined {
  const bootId = currentBoot()
  if (bootId === undefined) return undefined
  return { bootId, device: `${statSync(path, { bigint: true }).dev}` }
}

/** Random, and the same for all containers of a machine. */
function currentBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() || undefined
  } catch {
    return undefined
  }
}
