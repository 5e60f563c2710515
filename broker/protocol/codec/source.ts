/** Lines of a function that is being generated, with names that never clash. */
export class Source {
  private readonly lines: string[] = []
  private names = 0

  /** A fresh local name that still tells what it holds. */
  name(hint: string): string {
    this.names += 1
    return `${hint}${this.names}`
  }

  line(...lines: string[]): void {
    this.lines.push(...lines)
  }

  /** `head { ... }`, where `body` writes the lines between the braces. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`)
    body()
    this.line('}')
  }

  toString(): string {
    return this.lines.join('\n')
  }
}
