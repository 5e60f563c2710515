/**
 * What a process calls itself in the Lease: `<pod>_<address>_<random>`, another one for each process, so
 * that a standby knows where to notice its death.
 */
export function identityOf(pod: { name: string; ip: string }, random: string): string {
  return [pod.name, pod.ip, random].join('_')
}

/** The address in it; undefined for an identity that is none of ours. */
export function addressOf(identity: string): string | undefined {
  const [, ip, random] = identity.split('_')
  return random === undefined ? undefined : ip
}
