import { RunningKavka } from '../../test/support/kavka.ts'
import { brokerCount, type System } from './system.ts'

/** `kavka up` with three brokers and its defaults: it starts them again itself, and decides for them. */
export async function startKavkaSystem(): Promise<System> {
  const kavka = await RunningKavka.start({ brokers: brokerCount })
  const { bootstrapServers, brokers } = await kavka.ready(brokerCount)
  const pidOf = (brokerId: number) => kavka.pidOf(brokerId)
  const backAgain = async (brokerId: number, former: number) => {
    await kavka.until(`broker ${brokerId} back`, (status) => {
      const broker = status.brokers.find(({ id }) => id === brokerId)
      return broker?.state === 'Ready' && broker.pid !== former
    })
  }
  return {
    bootstrapServers,
    addresses: new Map(brokers.map(({ id, endpoint }) => [id, addressOf(endpoint)])),
    pidOf,
    async restartBroker(brokerId, signal) {
      const former = await pidOf(brokerId)
      process.kill(former, signal)
      await backAgain(brokerId, former)
    },
    backAgain,
    async restartController() {
      await kavka.stopUp('SIGKILL')
      await kavka.startUp()
      await kavka.ready(brokerCount)
    },
    stop: () => kavka[Symbol.asyncDispose](),
  }
}

function addressOf(endpoint: string) {
  const [host = '', port] = endpoint.split(':')
  return { host, port: Number(port) }
}
