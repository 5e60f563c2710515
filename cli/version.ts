import packageJson from '../package.json' with { type: 'json' }

/** The version of this kavka. */
export const version = packageJson.version
