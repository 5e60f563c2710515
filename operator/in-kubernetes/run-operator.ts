import { realClock } from '../../lib/clock.ts'
import { createLogger, type Logger } from '../../lib/logger.ts'
import { serveMetrics } from '../../lib/metrics-server.ts'
import { realRandom } from '../../lib/random.ts'
import type { ApiServer } from '../kube/api/access/api-server.ts'
import { inCluster } from '../kube/api/access/in-cluster.ts'
import { fromKubeconfig, KubeconfigError } from '../kube/api/access/kubeconfig.ts'
import { KubeApi } from '../kube/api/kube-api.ts'
import { KubernetesOperator } from './kubernetes-operator.ts'
import { openStoreIn } from './open-store.ts'
import { kubernetesOperatorMetrics } from './operator-metrics.ts'
import { readSettings, SettingsError } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Runs the operator until it is told to end: on SIGTERM or SIGINT it lets go of the Lease first. What
 * stands in the way is said in one line on stderr.
 */
export async function runOperator(env: Environment): Promise<void> {
  const logger = createLogger()
  const fatal = (error: unknown) => end(logger, error)
  process.on('uncaughtException', fatal)
  const stopped = firstSignal()
  try {
    const settings = readSettings(env)
    const server = await apiServer(env)
    const kube = new KubeApi({ server, clock: realClock, random: realRandom, logger })
    const operator = new KubernetesOperator({
      settings,
      kube,
      openStore: openStoreIn(kube, { clock: realClock, random: realRandom }),
      clock: realClock,
      random: realRandom,
      logger,
      onFatal: fatal,
    })
    const measured = { kube, startedMs: realClock.nowMs() }
    const { metrics, stop } = kubernetesOperatorMetrics(operator, measured)
    const { listenHost: host, metricsPort: port } = settings
    const notReady = () => operator.notReady
    const scrapes = await serveMetrics({ host, port }, { metrics, notReady })
    operator.start()
    logger.info('runs', { pod: settings.podName, metrics: scrapes.port, apiServer: server.url })
    const signal = await stopped
    logger.info('is to stop', { signal })
    await operator.stop()
    scrapes.close()
    stop()
    await kube.close()
    process.exit(0)
  } catch (error) {
    end(logger, error)
  }
}

function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal)
        process.once(signal, () => process.exit(1)) // whoever asks twice does not want to wait
      })
    }
  })
}

/** That of the pod; outside of one, that of the kubeconfig. @throws {KubeconfigError} */
async function apiServer(env: Environment): Promise<ApiServer> {
  return (await inCluster({ clock: realClock, env })) ?? fromKubeconfig(realClock)
}

function end(logger: Logger, error: unknown): never {
  const isKnown = error instanceof SettingsError || error instanceof KubeconfigError
  logger.error('ends', { error })
  const { message } = error as Error
  process.stderr.write(`kavka operator: ${message}\n`)
  process.exit(isKnown ? 64 : 70)
}
