import type { Mutant } from './mutant.ts'

const decide = 'operator/controller/decide'

/** What nodes of an older version do not read is not written, and they do not act where it is (safety rules, case 18). */
export const ofVersions: readonly Mutant[] = [
  {
    name: 'the level of the log is raised though a broker does not read it',
    file: `${decide}/raise-level.ts`,
    from: 'check(featureLevel, `broker ${id}`, features.get(metadataVersion))',
    to: 'void [id, features]',
    plan: 'mixed',
    breaks: ['NotRead'],
  },
  {
    name: 'the level of the log is raised though an operator does not read it',
    file: `${decide}/raise-level.ts`,
    from: 'check(featureLevel, `operator ${name}`, range)',
    to: 'void [name, range]',
    plan: 'mixed',
    breaks: ['NotRead'],
  },
  {
    name: 'a broker registers that does not read the log',
    file: `${decide}/register-broker.ts`,
    from: "throw new KafkaError('UNSUPPORTED_VERSION', message)",
    to: 'void message',
    plan: 'mixed',
    breaks: ['NotRead'],
  },
  {
    name: 'a reader goes on at a level that it does not know',
    file: 'broker/metadata/reads-up-to.ts',
    from: 'if (level <= readsUpTo) return',
    to: 'if (level <= maxMetadataVersion) return',
    plan: 'mixed',
    breaks: ['NotRead'],
  },
  {
    name: 'a controller that cannot read the log keeps the Lease',
    file: 'operator/controller/controller-host.ts',
    from: 'if (error instanceof MetadataError && error.isOfNewer) onTooNew?.(error.message)',
    to: '',
    plan: 'mixed',
    breaks: ['NotHealthy'],
  },
]
