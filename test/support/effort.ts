/**
 * How much a search looks at: `usual` in `npm test`, which people wait for; `thorough` where the variable
 * THOROUGH is set, as `.ci/run` does.
 */
export function effort(usual: number, thorough: number): number {
  return process.env['THOROUGH'] === undefined ? usual : thorough
}

/** Why a test is left to a thorough run, if so: it takes long, and others look at the same more closely. */
export const whyLater: string | undefined =
  process.env['THOROUGH'] === undefined
    ? 'it takes long: with THOROUGH=1, as in .ci/run'
    : undefined
