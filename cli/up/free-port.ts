import { type MetricsServer, serveMetrics, type Vitals } from '../../lib/metrics-server.ts'

/** Serves on a port, or on the next one that is free. */
export async function serveNear(
  { host, port }: { host: string; port: number },
  vitals: Vitals,
): Promise<MetricsServer> {
  for (let at = port; ; at++) {
    try {
      return await serveMetrics({ host, port: at }, vitals)
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || at >= port + triedPorts) throw error
    }
  }
}

const triedPorts = 1_000
