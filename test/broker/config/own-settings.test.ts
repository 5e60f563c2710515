import { expect, test } from 'vitest'
import { ownSettings } from '../../../broker/config/own-settings.ts'
import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import { parseSetting } from '../../../broker/protocol/config/parse-setting.ts'
import { optionsIn, temporaryFolder } from '../running-broker.ts'

test('what a broker is started with is told by names and in the form that Kafka has for it', () => {
  const options = optionsIn(temporaryFolder(), { host: '127.0.0.1', port: 1 }, { rack: 'a' })
  const own = ownSettings(options, { client: 9092, internal: 9192 })
  expect(own).toMatchObject({
    'node.id': '3',
    'broker.rack': 'a',
    'log.dirs': options.dataDir,
    listeners: 'client://127.0.0.1:9092,internal://127.0.0.1:9192',
    'advertised.listeners': 'client://localhost:9092,internal://localhost:9192',
    'auto.create.topics.enable': 'true',
  })
  for (const [name, text] of Object.entries(own)) {
    expect(Object.keys(brokerConfig)).toContain(name)
    const setting = brokerConfig[name as keyof typeof brokerConfig]
    expect(parseSetting(setting, text)).toHaveProperty('value')
  }
})
