import { quoted } from '../../../lib/wording.ts'
import { checkEach, type SettingProblem } from './check-settings.ts'
import {
  clientMetricsConfig,
  metricsIntervalMs,
  metricsSelectors,
} from './client-metrics-config.ts'
import { parseSetting } from './parse-setting.ts'
import type { Entries } from './topic-values.ts'

/** What is wrong with a subscription to metrics of clients. Source: ClientMetricsConfigs.validate. */
export function checkClientMetrics(entries: Entries): SettingProblem[] {
  const problems = checkEach(clientMetricsConfig, entries, 'client metrics')
  return problems.length > 0 ? problems : [...checkInterval(entries), ...checkMatch(entries)]
}

function checkInterval(entries: Entries): SettingProblem[] {
  const name = 'interval.ms'
  const text = entries.get(name)
  const parsed = text === undefined ? undefined : parseSetting(clientMetricsConfig[name], text)
  if (parsed === undefined || 'problem' in parsed) return []
  const { min, max } = metricsIntervalMs
  if (parsed.value >= min && parsed.value <= max) return []
  const message = `must be between ${min} and ${max} (1 hour), found ${parsed.value}`
  return [{ name, reason: 'OutOfRange', message }]
}

function checkMatch(entries: Entries): SettingProblem[] {
  const name = 'match'
  const patterns = entries.get(name)?.split(',') ?? []
  const bad = patterns.map((one) => one.trim()).find((one) => one !== '' && !isPattern(one))
  if (bad === undefined) return []
  const message = `has an illegal pattern for clients: ${quoted(bad)}`
  return [{ name, reason: 'InvalidSetting', message }]
}

function isPattern(text: string): boolean {
  const [selector = '', pattern, ...others] = text.split('=').map((part) => part.trim())
  if (pattern === undefined || others.length > 0 || !metricsSelectors.has(selector)) return false
  try {
    // Only read: nothing is ever matched with it.
    return typeof new RegExp(pattern).source === 'string'
  } catch {
    return false
  }
}
