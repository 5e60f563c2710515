import type { Mutant } from './mutant.ts'

const controller = 'operator/controller'
const position = 'broker/metadata/position.ts'
const goesOn = ['DecidesOnFork', 'NotHealthy', 'BrokerBack'] as const

/** What a controller makes of where brokers are in the metadata log: it may have been put back. */
export const ofPositions: readonly Mutant[] = [
  {
    name: 'an epoch is known by its number alone',
    file: position,
    from: 'epoch.epoch === position.epoch && epoch.incarnationId === position.incarnationId\n  return',
    to: 'epoch.epoch === position.epoch\n  return',
    plan: 'forked',
    breaks: goesOn,
  },
  {
    name: 'a log that is long enough is the same',
    file: position,
    from: "return isSame ? 'held' : 'diverged'",
    to: "return 'held'",
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'a log is the same though it is not long enough',
    file: position,
    from: "if (position.offset > offset) return 'diverged'",
    to: "if (position.offset > offset) return 'held'",
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'an epoch begins before its first record',
    file: position,
    from: 'startOffset < offset)',
    to: 'startOffset <= offset)',
    breaks: ['StopsForNothing'],
  },
  {
    name: 'a controller that meets a later position goes on',
    file: `${controller}/broker-positions.ts`,
    from: 'writer.doubt(position, why).catch(onFatal)',
    to: 'void onFatal',
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'nothing is awaited after a takeover',
    file: `${controller}/broker-positions.ts`,
    from: '    writer.hold()\n',
    to: '',
    plan: 'restored',
    breaks: ['DecidesEarly'],
  },
  {
    name: 'one broker that confirms is enough',
    file: `${controller}/confirmations.ts`,
    from: 'this.#missing.delete(brokerId)',
    to: 'this.#missing.clear()',
    plan: 'restored',
    breaks: ['DecidesEarly'],
  },
  {
    name: 'what waits is appended though it is in doubt',
    file: `${controller}/metadata-writer.ts`,
    from: 'if (this.doubting !== undefined) await this.doubting',
    to: '',
    plan: 'forked',
    breaks: goesOn,
  },
  {
    name: 'a controller that brokers know more than begins anew',
    file: `${controller}/metadata-writer.ts`,
    from: 'this.stop(why, { missing })',
    to: 'this.stop(why)',
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'a controller that brokers know more than begins anew before the log has that',
    file: `${controller}/controller-host.ts`,
    from: "return compareHistory(state, missing) === 'held'",
    to: 'return true',
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'a log that has again what brokers know is not looked at',
    file: `${controller}/controller-host.ts`,
    from: 'else this.#lookLater(missing)\n    this.#options.onChange()',
    to: 'this.#options.onChange()',
    plan: 'restored',
    breaks: ['NotHealthy'],
  },
  {
    name: 'brokers do not say where they are',
    file: 'broker/controller-link/metadata-feed.ts',
    from: '      metadataPosition,\n',
    to: '      metadataPosition: null,\n',
    also: [
      {
        file: 'broker/controller-link/registration.ts',
        from: '    metadataPosition,\n',
        to: '    metadataPosition: null,\n',
      },
      {
        file: 'broker/controller-link/registration.ts',
        from: 'metadataPosition: position,',
        to: 'metadataPosition: null,',
      },
    ],
    plan: 'restored',
    breaks: goesOn,
  },
  {
    name: 'a leader without a controller serves nobody',
    file: 'broker/replica/leader-questions.ts',
    from: 'return isr.some((id) => id !== brokerId && isRecent(followers.get(id)?.seenMs ?? never))',
    to: 'return false',
    plan: 'restored',
    breaks: ['NotHealthy'],
  },
]
