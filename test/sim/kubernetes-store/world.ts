import { positionOf } from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KubernetesStore } from '../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { ClusterMetadataApi } from '../../support/cluster-metadata-api.ts'
import type {
  CallType,
  ClusterMetadataClient,
  Wire,
} from '../../support/cluster-metadata-client.ts'
import { type Chance, chanceOf } from '../disk/chance.ts'
import { Checker, Violation } from './checker.ts'
import { SimController } from './controller.ts'
import type { Plant } from './plants.ts'
import { Process } from './process.ts'
import { SimClock } from './sim-clock.ts'

export type Outcome = {
  /** What was seen that must never be. */
  readonly violation: string | undefined
  /** What was done and met, to see that a search looks at something. */
  readonly appends: number
  readonly restores: number
  readonly refusal: string | undefined
}

const owner = {
  apiVersion: 'kavka.dev/v1alpha1',
  kind: 'KafkaCluster',
  name: 'demo',
  uid: 'uid-demo',
}

/**
 * An API server, operators that write to one log of it, and an adversary between them: it pauses and
 * kills processes, loses requests and answers, lets writes arrive late, and (every other seed) puts
 * an older state of etcd back.
 */
export async function live(seed: number, plant: Plant): Promise<Outcome> {
  return new World(seed, plant).run()
}

type Operator = {
  readonly process: Process
  readonly controller: SimController
  readonly client: ClusterMetadataClient
}

class World {
  readonly #clock = new SimClock()
  readonly #api: ClusterMetadataApi
  readonly #checker: Checker
  readonly #plant: Plant
  readonly #seed: number
  readonly #chance: Chance
  readonly #badness: number
  #operators: Operator[] = []
  /** Of the API server: a restore ends it, and all connections to it. */
  #life = 0
  #ids = 0
  #violation: string | undefined
  #isCalm = false
  #isOver = false

  constructor(seed: number, plant: Plant) {
    this.#seed = seed
    this.#plant = plant
    this.#chance = chanceOf(seed, 'world')
    this.#badness = this.#chance(4) === 0 ? 0 : this.#chance(30)
    this.#api = new ClusterMetadataApi({ isStrict: seed % 10 === 0 })
    this.#checker = new Checker(this.#api)
  }

  async run(): Promise<Outcome> {
    this.#startOperator()
    this.#startOperator()
    this.#disturb()
    if (this.#seed % 2 === 1) this.#backUp()
    this.#clock.timer(10_000, () => this.#finish())
    await this.#clock.run(() => this.#isOver || this.#violation !== undefined)
    return {
      violation: this.#violation,
      appends: this.#checker.offset,
      restores: this.#checker.restores,
      refusal: this.#operators.map(({ controller }) => controller.refusal).find(Boolean),
    }
  }

  #startOperator(): void {
    const process = new Process(this.#clock)
    const { client, store } = this.#newStore(process, true)
    const controller = new SimController({
      store,
      process,
      checker: this.#checker,
      chance: chanceOf(this.#seed, `controller ${this.#ids}`),
      habits: this.#plant.habits,
      newId: () => this.#newId(),
    })
    this.#operators.push({ process, controller, client })
    controller
      .live()
      .then(() => this.#refused(controller.refusal as string))
      .catch((error: unknown) => this.#seen(error))
  }

  #newStore(process: Process, isBad: boolean) {
    const client = new this.#plant.Client(this.#api, this.#wire(process, isBad))
    const id = this.#newId()
    const store = new KubernetesStore({
      objects: client,
      clock: process.clock,
      random: { bytes: () => Buffer.from(id, 'base64url') },
      owner,
      clusterId: 'kafka-of-tests',
      isKnown: false,
      rules: this.#plant.rules,
      onUndecided: () => {},
    })
    return { client, store }
  }

  #wire(process: Process, isBad: boolean): Wire {
    const chance = chanceOf(this.#seed, `wire ${this.#ids}`)
    const after = (ms: number, callback: () => void) => this.#clock.timer(ms, callback)
    return <T>(call: CallType, run: () => T) =>
      new Promise<T | 'lost'>((resolve) => {
        const life = this.#life
        // What has arrived is read by a process that was paused, whatever became of the connection.
        const answer = (value: T | 'lost') => {
          const arrived = this.#life === life ? value : 'lost'
          process.wake(() => resolve(arrived))
        }
        const execute = () => this.#execute(call, run, life)
        const timeoutMs = 100 + chance(200)
        const isLost = isBad && chance(100) < this.#badness
        const wayMs = 1 + chance(chance(10) === 0 ? 150 : 8)
        if (!isLost) {
          after(wayMs, () => {
            const value = execute()
            after(1 + chance(5), () => answer(value))
          })
          return
        }
        after(timeoutMs, () => answer('lost'))
        const fate = chance(3) // 0: the request is lost, 1: the answer, 2: the request is late
        if (fate === 1) after(wayMs, execute)
        if (fate === 2) after(timeoutMs + chance(4000), execute)
      })
  }

  /** A delete that was under way when the API server ended is not carried out by the next. */
  #execute<T>(call: CallType, run: () => T, life: number): T | 'lost' {
    const isFresh = this.#life === life
    if (this.#violation !== undefined || (call === 'delete' && !isFresh)) return 'lost'
    try {
      const value = run()
      if (call === 'create' || call === 'patch') this.#checker.look(isFresh)
      if (call === 'delete') this.#checker.lookForNamed()
      return value
    } catch (error) {
      this.#seen(error)
      return 'lost'
    }
  }

  /** Pauses, ends and starts operators, for ever. */
  #disturb(): void {
    this.#clock.timer(this.#chance(1500), () => {
      if (this.#isCalm) return
      const index = this.#chance(this.#operators.length)
      const { process } = this.#operators[index] as Operator
      if (this.#chance(4) === 0) {
        process.kill()
        this.#operators.splice(index, 1)
        this.#startOperator()
      } else {
        process.pause()
        this.#clock.timer(this.#chance(this.#chance(3) === 0 ? 5000 : 500), () => process.resume())
      }
      this.#disturb()
    })
  }

  #backUp(): void {
    this.#clock.timer(this.#chance(4000), () => {
      if (this.#isCalm) return
      const backup = this.#api.backup()
      const rewind = this.#checker.backup()
      this.#clock.timer(this.#chance(3) === 0 ? 3000 : this.#chance(300), () => {
        this.#life++
        this.#api.restore(backup)
        rewind()
        for (const { client } of this.#operators) client.interrupted()
        if (this.#chance(2) === 0) this.#backUp()
      })
    })
  }

  /** All is well again: the log can be read, and goes on. */
  #finish(): void {
    this.#isCalm = true
    for (const { process } of this.#operators) process.kill()
    const goOn = async () => {
      const { store } = this.#newStore(new Process(this.#clock), false)
      try {
        const opened = await store.open()
        this.#checker.opened(opened)
        const { offset: startOffset, image } = opened.state
        const epoch = image.controller.epoch + 1
        const fields = { epoch, incarnationId: this.#newId(), startOffset }
        const record = metadataRecord('ControllerEpochRecord', fields)
        const appended = await store.append(positionOf(opened.state), [record])
        if (appended.type === 'superseded') throw new Violation('superseded by nobody')
        this.#checker.acknowledged(appended.position, appended.batch)
      } catch (error) {
        if (error instanceof Violation) throw error
        this.#refused((error as Error).message)
      }
      this.#checker.end()
      this.#isOver = true
    }
    // What is late still has arrived by then.
    this.#clock.timer(6000, () => {
      goOn().catch((error: unknown) => this.#seen(error))
    })
  }

  /** A restore may take back what a head of before names, if that comes late; nothing else may. */
  #refused(why: string): void {
    if (this.#checker.restores === 0) this.#seen(new Violation(`it cannot be read: ${why}`))
  }

  #seen(error: unknown): void {
    this.#violation ??= error instanceof Violation ? error.message : String((error as Error).stack)
  }

  #newId(): string {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(this.#seed, 0)
    bytes.writeUInt32BE(++this.#ids, 12)
    return bytes.toString('base64url')
  }
}
