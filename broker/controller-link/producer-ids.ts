/** Producer ids that the controller gave this broker, from `first` up to `end`. */
export type ProducerIdBlock = { readonly first: number; readonly end: number }

/**
 * Gives out producer ids, each once. The next block is asked for when half of the present one is
 * gone, so that new producers do not wait for a controller that is away for a while.
 */
export class ProducerIds {
  private readonly allocate: () => Promise<ProducerIdBlock>
  private present = { next: 0, end: 0, half: 0 }
  private spare: Promise<ProducerIdBlock> | undefined

  /** @param allocate Asks the controller for a block. */
  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.allocate = allocate
  }

  /** @throws Whatever `allocate` rejects with, where no id is left. */
  async next(): Promise<number> {
    while (this.present.next === this.present.end) {
      const { first, end } = await this.prepare()
      this.spare = undefined
      if (this.present.next < this.present.end) continue // another was first
      this.present = { next: first, end, half: first + Math.floor((end - first) / 2) }
    }
    const id = this.present.next
    this.present.next += 1
    if (id >= this.present.half) this.prepare().catch(() => {}) // tried again when it is needed
    return id
  }

  private prepare(): Promise<ProducerIdBlock> {
    const own = (this.spare ??= this.allocate())
    own.catch(() => {
      if (this.spare === own) this.spare = undefined
    })
    return own
  }
}
