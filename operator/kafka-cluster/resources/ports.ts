/** Of a broker, beside those of its listeners for clients. */
export const ports = {
  /** For other brokers and the operator, who have to know the secret of the cluster. */
  internal: { name: 'internal', port: 9190 },
  /** Prometheus and probes. */
  metrics: { name: 'metrics', port: 9404 },
} as const
