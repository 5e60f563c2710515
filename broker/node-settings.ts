/**
 * How whoever starts a broker process is to start its Node, beside what it has to say itself. For a
 * process with little garbage of its own, whose memory is mostly that of Node (docs/benchmarks.md):
 *
 * - a young generation of 3 times 2 MB, which takes no more CPU than one of 3 times 16;
 * - its heap is collected when it has grown by half, where V8 lets one of 15 MB grow to 26 by garbage alone;
 * - one helper thread for V8: several cost more CPU than they save, each with a heap of malloc's own;
 * - one such heap for all threads (glibc), or each keeps what it once needed.
 */
export const nodeSettings = {
  flags: ['--max-semi-space-size=2', '--heap-growing-percent=50', '--v8-pool-size=1'],
  env: { MALLOC_ARENA_MAX: '1' },
} as const
