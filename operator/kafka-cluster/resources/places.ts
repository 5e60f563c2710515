/** Where a broker finds its files in its pod. */
export const places = {
  /** The volume. Data are in a folder of it: what a file system keeps beside, such as lost+found, is not ours. */
  volume: '/var/lib/kavka',
  data: '/var/lib/kavka/data',
  options: '/etc/kavka/options',
  optionsFile: 'options.json',
  secret: '/etc/kavka/secret',
  secretFile: 'secret',
} as const
