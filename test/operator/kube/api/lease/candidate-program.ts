import { openKubeApi } from '../../../../support/kube-parts.ts'

// A replica that says what it takes itself for: whenever it is told, and when it goes on after SIGSTOP.
const [, , url = '', identity = ''] = process.argv
const credentials = { tls: {}, headers: {} }
const api = openKubeApi({ url, credentials: async () => credentials })
const leadership = api.leadership({
  namespace: 'kavka',
  name: 'operator',
  identity,
  times: { durationMs: 2_000, renewMs: 500, marginMs: 250 },
  changed: (role) => process.stdout.write(`is ${role}\n`),
})
process.on('SIGCONT', () => process.stdout.write(`wakes as ${leadership.role}\n`))
process.on('SIGTERM', () => leadership.stop())
await leadership.run()
await api.close()
process.exit(0)
