import { expect, test } from 'vitest'
import { runLog } from './run.ts'

const seeds = Number(process.env['SEEDS'] ?? 400)
const first = Number(process.env['SEED'] ?? 1)

test(`${seeds} logs live through crashes with nothing lost that was durable`, {
  timeout: 600_000,
}, async () => {
  for (let seed = first; seed < first + seeds; seed++) {
    const violation = await runLog(seed)
    expect(
      violation,
      `seed ${seed}: SEED=${seed} SEEDS=1 npx vitest run test/sim/log`,
    ).toBeUndefined()
  }
})
