import { createHook } from 'node:async_hooks'

/**
 * Work that ends outside of a run: timers, the thread pool, sockets, other threads. In a run that is
 * one macrotask it never comes back, so that the mistake would look like a hang. Names of Node's own
 * (`async_hooks`), in 26; what is not among them is not seen: WebAssembly, Atomics.waitAsync, threads of
 * native addons. Whoever prints in a run is seen: `world.trace.add` is there for that.
 */
const foreign = new Set([
  'Timeout',
  'Immediate',
  'FSREQCALLBACK',
  'FSREQPROMISE',
  'FILEHANDLE',
  'FSEVENTWRAP',
  'STATWATCHER',
  'ZLIB', // the synchronous calls too: allow it where only those are made
  'RANDOMBYTESREQUEST', // the synchronous call too, rightly
  'RANDOMPRIMEREQUEST',
  'HASHREQUEST',
  'SIGNREQUEST',
  'CIPHERREQUEST',
  'PBKDF2REQUEST',
  'SCRYPTREQUEST',
  'DERIVEBITSREQUEST',
  'KEYGENREQUEST',
  'KEYPAIRGENREQUEST',
  'MESSAGEPORT',
  'WORKER',
  'PROCESSWRAP',
  'TCPWRAP',
  'PIPEWRAP',
  'UDPWRAP',
  'GETADDRINFOREQWRAP',
  'WRITEWRAP',
])

/**
 * Watches for foreign work while `run` runs, which must be synchronous.
 *
 * @param onForeign Called with Node's name of it. It must not throw: that would end the process.
 */
export function guarded(
  run: () => void,
  {
    allow,
    onForeign,
  }: { allow: readonly string[]; onForeign: (type: string, error: Error) => void },
): void {
  const hook = createHook({
    init(_asyncId, type) {
      if (!foreign.has(type) || allow.includes(type)) return
      onForeign(type, new Error(`${type} was made here`))
    },
    trackPromises: false,
  })
  hook.enable()
  try {
    run()
  } finally {
    hook.disable()
  }
}
