// What every command is given. Commands are one file each and export `<name>Command(open): Command`.
import type { Database, Sql } from '../../db/client.ts'
import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'

/** Everything a command may need, opened. The program closes it when the command is done. */
export interface CliContext {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly db: Database
  readonly sql: Sql
  readonly sealer: Sealer
}

export interface OpenCli {
  /**
   * The configuration, the database (the embedded one when none is named, migrated first unless told otherwise) and the
   * sealer. Throws `CliFailure` with one clear line when any of it cannot be had. The same context when called again.
   */
  (options?: { readonly migrate?: boolean }): Promise<CliContext>
  /** The configuration alone. Throws `CliFailure` with every mistake. */
  config(): Config
  /** Which defaults were taken that an operator should know of. */
  notes(): readonly string[]
}

/** A failure told to whoever typed the command: its message, no stack, and the exit code (1 failed, 2 asked wrongly). */
export class CliFailure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'CliFailure'
    this.exitCode = exitCode
  }
}

/** What was typed does not fit `name`: says what was got and what is wanted instead. Exit code 2. */
export function askedWrongly(name: string, got: string, wants: string): CliFailure {
  return new CliFailure(`${name}: got ${JSON.stringify(got.slice(0, 200))}; wants ${wants}`, 2)
}

/** A line that cannot steer the terminal it is printed on: names and files are other people's text. */
export function harmless(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD')
}

/** Prints a line of a command's result on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Tells whoever typed the command something that is not its result, on standard error: a program reads only the result. */
export function aside(line: string): void {
  process.stderr.write(`palier: ${line}\n`)
}

/** Why a named file cannot be read, in words; a reader's or parser's own words where it is nothing common. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'this account may not read it'
  if (code === 'EISDIR') return 'it is a folder'
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error)
}
