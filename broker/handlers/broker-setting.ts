import { invariant } from '../../lib/invariant.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import { parseSetting } from '../protocol/config/parse-setting.ts'

/** Settings that handlers look at, all of them with a default. */
type Name =
  | 'auto.create.topics.enable'
  | 'fetch.max.bytes'
  | 'max.incremental.fetch.session.cache.slots'

type Values = {
  'auto.create.topics.enable': boolean
  'fetch.max.bytes': number
  'max.incremental.fetch.session.cache.slots': number
}

/** A setting of this broker as it was given, or its default where it was not, or cannot be read. */
export function brokerSetting<N extends Name>(
  given: Readonly<Record<string, string>>,
  name: N,
): Values[N] {
  const setting = brokerConfig[name]
  for (const text of [given[name], setting.default]) {
    if (text === undefined) continue
    const parsed = parseSetting(setting, text)
    if ('value' in parsed) return parsed.value as Values[N]
  }
  invariant(false, `${name} has a default that can be read`)
}
