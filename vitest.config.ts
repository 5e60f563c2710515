import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each file: one that crashes or fills its memory takes no other with it.
    pool: 'forks',
    // Vitest leaves one core to itself, which on two cores is half of the machine.
    maxWorkers: '100%',
    // Some tests start processes, and the machine may be busy with others.
    testTimeout: 20_000,
  },
})
