/**
 * How much a search looks at: `usual` in `npm test`, which people wait for; `thorough` where the variable
 * THOROUGH is set, as `.ci/run` does.
 */
export function effort(usual: number, thorough: number): number {
  return process.env['THOROUGH'] === undefined ? usual : thorough
}
