import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** What only decides: nothing of it is left in a process. */
const deciding = [
  'test/broker/{config,coordinator,metadata,protocol,replica}/**/*.test.ts',
  'test/operator/{api,controller,kafka-cluster,topic}/**/*.test.ts',
  'test/lib/compression/*.test.ts',
  'test/sim/{disk,kubernetes-store,log}/**/*.test.ts',
]
/** What has sockets, files and timers, and closes them; its processes, if it has any, are not this one. */
const closing = [
  'test/broker/{controller-link,handlers,log,metrics,net,partition,replication}/**/*.test.ts',
  'test/cli/{client,commands,consume,produce}/**/*.test.ts',
  'test/bench/**/*.test.ts',
  'test/operator/{in-kubernetes,kube}/**/*.test.ts',
]
/** Clusters in the simulator: nearly half of all the time. */
const seeds = ['test/sim/cluster/seeds/**/*.test.ts']
/** What measures the heap needs one of its own. */
const measuring = ['test/broker/protocol/codec/memory.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves one core to itself, which on two cores is half of the machine.
    maxWorkers: '100%',
    // Some tests start processes, and the machine may be busy with others.
    testTimeout: 20_000,
    // For these: to strip the types of all its modules anew takes a broker twice as long as to start otherwise.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    projects: [
      {
        extends: true,
        // Many files in one process: to start one takes longer than most of them.
        test: { name: 'deciding', include: deciding, exclude: measuring, isolate: false },
      },
      {
        extends: true,
        test: { name: 'closing', include: closing, isolate: false },
      },
      {
        extends: true,
        // A process for each file: one that crashes or fills its memory takes no other with it.
        test: {
          name: 'others',
          include: ['test/**/*.test.ts'],
          exclude: [...deciding, ...closing, ...seeds],
        },
      },
      {
        extends: true,
        // On Node's own modules: on what Vite makes of them they take an eighth longer.
        test: { name: 'seeds', include: seeds, experimental: { viteModuleRunner: false } },
      },
      { extends: true, test: { name: 'measuring', include: measuring } },
    ],
  },
})
