import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const main = join(import.meta.dirname, '../../cli/main.ts')

/** A program as a user starts it, gone at the end of the test. */
export class RunningProgram {
  readonly process: ChildProcessWithoutNullStreams
  /** Lines on stdout until now. */
  lineCount = 0
  private printed: Buffer[] = []
  private complained = ''
  private readonly exited: Promise<unknown>

  constructor(program: string, args: readonly string[]) {
    this.process = spawn(program, args)
    this.exited = once(this.process, 'close')
    this.process.stdin.on('error', () => {}) // one that ends early says why on stderr
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.printed.push(chunk)
      for (const byte of chunk) if (byte === 0x0a) this.lineCount++
    })
    this.process.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.complained += chunk
    })
    onTestFinished(async () => {
      this.process.kill('SIGKILL')
      await this.exited
    })
  }

  get stdout(): Buffer {
    return Buffer.concat(this.printed)
  }

  async end(): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
    await this.exited
    return { code: this.process.exitCode, stdout: this.stdout, stderr: this.complained }
  }
}

/** `kavka ...` */
export class RunningCommand extends RunningProgram {
  constructor(args: readonly string[]) {
    super(process.execPath, [main, ...args])
  }
}

/** Runs a command to its end. */
export function runCommand(args: readonly string[], input: string | Uint8Array = '') {
  const command = new RunningCommand(args)
  command.process.stdin.end(input)
  return command.end()
}
