/**
 * How whoever starts a broker process is to start its Node, beside what it has to say itself. For a
 * process with little garbage of its own, whose memory is mostly that of Node (docs/benchmarks.md):
 *
 * - a young generation of 3 times 4 MB, which takes no more CPU than one of 3 times 16;
 * - one helper thread for V8: several cost more CPU than they save, each with a heap of malloc's own;
 * - one such heap for all threads (glibc), or each keeps what it once needed.
 */
export const nodeSettings = {
  flags: ['--max-semi-space-size=4', '--v8-pool-size=1'],
  env: { MALLOC_ARENA_MAX: '1' },
} as const
