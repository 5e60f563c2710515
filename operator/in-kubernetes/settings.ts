/** What the operator is told by its environment (charts/kavka/templates/deployment.yaml). */
export type OperatorSettings = {
  /** Of the pod: a name for people. */
  readonly podName: string
  /** Where standbys find it. */
  readonly podIp: string
  /** Where it runs, and where its Lease is. */
  readonly namespace: string
  /** Of brokers. */
  readonly image: string
  /** Where brokers find the active operator. */
  readonly controller: { readonly host: string; readonly port: number }
  /** The name of the Lease. */
  readonly lease: string
  /** Whose clusters and topics are looked after; none: all. */
  readonly watchNamespaces: readonly string[]
  /** Where it listens; all addresses in a pod. */
  readonly listenHost: string
  readonly metricsPort: number
}

/** A variable that is missing or wrong, in words for who deploys it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {SettingsError} */
export function readSettings(env: Environment): OperatorSettings {
  const namespaces = env['KAVKA_WATCH_NAMESPACES'] ?? ''
  return {
    podName: text(env, 'POD_NAME'),
    podIp: text(env, 'POD_IP'),
    namespace: text(env, 'POD_NAMESPACE'),
    image: text(env, 'KAVKA_IMAGE'),
    controller: {
      host: text(env, 'KAVKA_CONTROLLER_HOST'),
      port: port(env, 'KAVKA_CONTROLLER_PORT', 9_191),
    },
    lease: text(env, 'KAVKA_LEASE'),
    watchNamespaces: namespaces.split(',').filter((name) => name !== ''),
    listenHost: env['KAVKA_LISTEN_HOST'] ?? '0.0.0.0',
    metricsPort: port(env, 'KAVKA_METRICS_PORT', 9_404),
  }
}

function text(env: Environment, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new SettingsError(`${name}: is missing`)
  return value
}

function port(env: Environment, name: string, otherwise: number): number {
  const value = env[name]
  if (value === undefined) return otherwise
  const number = Number(value)
  if (Number.isInteger(number) && number >= 0 && number < 65_536) return number
  throw new SettingsError(`${name}: must be a port, found ${value}`)
}
