import { clientMetricsDefaults } from '../generated/config-defaults.ts'
import { settings } from './settings.ts'

/** Settings of a subscription to the metrics that clients have of themselves (KIP-714). */
export const clientMetricsConfig = settings(
  clientMetricsDefaults,
  {
    'interval.ms': {
      support: 'planned',
      unit: 'ms',
      doc: 'How often a client sends its metrics.',
    },
    match: {
      support: 'planned',
      doc: 'Which clients: of each a regular expression, such as client_id=orders-.*',
    },
    metrics: { support: 'planned', doc: 'Which metrics, by how their names begin; * is all.' },
  },
  (name) => `https://kafka.apache.org/documentation/#clientmetricsconfigs_${name}`,
)

/** Least and most, inclusive. Source: ClientMetricsConfigs. */
export const metricsIntervalMs = { min: 100, max: 3_600_000 } as const

/** What clients are told apart by. */
export const metricsSelectors: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])
