import type { Clock } from '../../lib/clock.ts'
import type { Files } from '../../lib/files.ts'
import type { HeldLock } from '../../lib/kernel-lock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { ControllerHost } from '../controller/controller-host.ts'
import { ownDoor } from '../controller/doors.ts'
import { DirectoryStore } from '../controller/store/directory-store.ts'
import type { Failover } from '../controller/timeline/failover.ts'
import { ReconcileError } from '../reconcile-error.ts'
import type { BrokerProgram } from '../runtime/process/broker-process.ts'
import { ProcessRuntime } from '../runtime/process/process-runtime.ts'
import type { ClusterPlace } from './cluster-place.ts'
import { areThere, type ClusterPorts } from './cluster-ports.ts'
import { FailoversFile } from './failovers-file.ts'
import { RunningCluster, type RunningClusterOptions } from './running-cluster.ts'

export type StartClusterOptions = Pick<
  RunningClusterOptions,
  'advertisedHost' | 'clock' | 'onFatal' | 'onImage' | 'onChange' | 'onKilled'
> & {
  readonly place: ClusterPlace
  readonly ports: ClusterPorts
  /** Where brokers listen for clients. */
  readonly listenHost: string
  readonly program: BrokerProgram
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly lock: (path: string) => Promise<HeldLock>
}

/**
 * Starts a cluster in its place on this machine.
 *
 * @throws {ReconcileError} NoPortsLeft. @throws {NetworkError} The controller's port is taken. @throws {StorageError} @throws
 *   {MetadataError} @throws {LockHeldError}
 */
export async function startCluster(
  resource: KafkaCluster,
  options: StartClusterOptions,
): Promise<RunningCluster> {
  const { place, ports, files, clock, random, log, lock, onFatal } = options
  const { directory, clusterId, secret, secretFile } = place
  if (!areThere(ports))
    throw new ReconcileError('NoPortsLeft', 'too many clusters: no ports are left')
  const listen = { host: loopback, port: ports.controller }
  const openStore = () =>
    new DirectoryStore({
      files,
      clock,
      directory: `${directory}/metadata`,
      clusterId,
      newClusterId: clusterId,
      lock,
    })
  const tell = (message: string) => log.info(message)
  const openDoor = ownDoor({ ...listen, clock, log: tell, onFatal })
  const failovers = new FailoversFile(directory, { files, log })
  const onFailover = (failover: Failover) => failovers.add(failover)
  const ends = { openStore, clusterId, secret, openDoor, clock, random, log, onFatal, onFailover }
  return RunningCluster.start(resource, {
    ...options,
    clusterId,
    startController: (settings, hooks) => ControllerHost.start({ ...ends, ...hooks }, settings),
    openRuntime: (onChange) =>
      ProcessRuntime.open({
        directory,
        clusterId,
        secretFile,
        host: options.listenHost,
        advertisedHost: options.advertisedHost,
        clientBasePort: ports.clientBase,
        internalBasePort: ports.internalBase,
        metricsBasePort: ports.metricsBase,
        controllers: [listen],
        program: options.program,
        stopWithoutControllerMs,
        clock,
        onChange,
      }),
  })
}

/** Nobody but the processes of this machine. */
const loopback = '127.0.0.1'

/** Long enough for an update of kavka; brokers that nobody knows of are not to stay for ever. */
const stopWithoutControllerMs = 10 * 60_000
