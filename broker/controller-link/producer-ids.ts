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

  /** @param allocate Asks the controller for a block, which has at least one id. */
  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.allocate = allocate
  }

  /** @throws Whatever `allocate` rejects with, where no id is left. */
  async next(): Promise<number> {
    while (this.present.next === this.present.end) {
      const spare = this.prepare()
      const { first, end } = await spare
      if (this.spare !== spare) continue // another took it meanwhile
      this.spare = undefined
      this.present = { next: first, end, half: first + Math.floor((end - first) / 2) }
    }
    const id = this.present.next
    this.present.next += 1
    if (id >= this.present.half) void this.prepare()
    return id
  }

  private prepare(): Promise<ProducerIdBlock> {
    if (this.spare !== undefined) return this.spare
    const own = this.allocate()
    this.spare = own
    own.catch(() => {
      if (this.spare === own) this.spare = undefined // asked for again when one is needed
    })
    return own
  }
}
