import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { brokerContainer } from '../../../operator/kafka-cluster/resources/broker-container.ts'
import { places } from '../../../operator/kafka-cluster/resources/places.ts'
import { until } from '../../broker/net/support.ts'
import { optionsIn } from '../../broker/running-broker.ts'
import { run } from '../../clients/tools.ts'
import { context, kafkaCluster } from '../../operator/kafka-cluster/support.ts'
import { FakeController } from '../../support/fake-controller.ts'
import { inContainer, type UnpackedImage, unpackImage } from './unpacked-image.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const whyNot = isRoot ? undefined : 'only root of a Linux can run an image here'

describe.skipIf(whyNot !== undefined)(whyNot ?? 'the image', { timeout: 60_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), 'kavka-image-test-'))
  let image: UnpackedImage
  beforeAll(async () => {
    const archive = join(work, 'kavka.tar')
    await run('npm', ['run', 'image', '--', archive])
    image = await unpackImage(archive, work)
  }, 180_000)
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  test('is the command kavka', async () => {
    const kavka = [...image.config.Entrypoint, '--version']
    const { command, args } = inContainer(image, places.volume, kavka)
    expect((await run(command, args)).toString()).toMatch(/^kavka \d+\.\d+\.\d+/)
  })

  test('starts a broker by the command of its pod', async () => {
    await using controller = await FakeController.start()
    const volume = join(image.root, places.volume)
    const options = {
      ...optionsIn(folderOf(volume), controller.address),
      dataDir: places.data,
      secretFile: join(places.volume, 'secret'),
    }
    const file = join(folderOf(join(image.root, places.options)), places.optionsFile)
    writeFileSync(file, JSON.stringify(options))

    const container = brokerContainer(kafkaCluster(), context)
    const { command, args } = inContainer(image, places.volume, container.command)
    const broker = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const exited = once(broker, 'exit')
    onTestFinished(() => void broker.kill('SIGKILL'))
    await until(() => controller.isUnfenced(3) || broker.exitCode !== null, 'a broker that serves')
    broker.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })
})

function folderOf(path: string): string {
  mkdirSync(path, { recursive: true })
  return path
}
