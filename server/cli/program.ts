// The palier command: puts the commands together, opens what they ask for, and turns failures into one clear line.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { Environment } from '../config/load.ts'
import { adminCommand } from './admin.ts'
import { alertsCommand } from './alerts.ts'
import { auditCommand } from './audit.ts'
import { CliFailure, harmless, type OpenCli } from './context.ts'
import { doctorCommand } from './doctor.ts'
import { enrolCommand, setupCommand } from './enrol.ts'
import { groupCommand } from './group.ts'
import { keyCommand } from './key.ts'
import { metadataCommand } from './metadata.ts'
import { migrateCommand } from './migrate.ts'
import { opener } from './open.ts'
import { peopleTools } from './people-wiring.ts'
import { policyCommand } from './policy.ts'
import { receiptCommand } from './receipt.ts'
import { secretCommand } from './secret.ts'
import { serviceCommand } from './service.ts'
import { startCommand } from './start.ts'
import { synapseConfigCommand } from './synapse-config.ts'
import { userCommand } from './user.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Runs what was typed after `palier`, with the settings of this environment. Resolves with the exit code. */
export async function palier(typed: readonly string[], env: Environment): Promise<number> {
  const { open, close } = opener(env)
  const program = new Command('palier')
    .description('A hardware key stands between a stolen Matrix session and the history it could read.')
    .version(version)
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nSettings are environment variables: see docs/reference/configuration.md.\nExit codes: 0 done, 1 failed, 2 asked or configured wrongly.',
    )
  for (const command of commands(open)) program.addCommand(command)
  prepare(program, 'palier')
  try {
    await program.parseAsync(typed, { from: 'user' })
    return 0
  } catch (error) {
    return exitCodeFor(error, env)
  } finally {
    await close().catch((error: unknown) => say(`while closing: ${oneLine(error)}`))
  }
}

function commands(open: OpenCli): Command[] {
  return [
    startCommand(open, async (options) => (await import('../node.ts')).serve(options)),
    doctorCommand(open),
    setupCommand(open, peopleTools),
    userCommand(open, peopleTools),
    groupCommand(open, peopleTools),
    policyCommand(open),
    enrolCommand(open, peopleTools),
    keyCommand(open, peopleTools),
    metadataCommand(open, peopleTools),
    secretCommand(open),
    migrateCommand(open),
    adminCommand(open, peopleTools),
    auditCommand(open),
    alertsCommand(open, peopleTools),
    synapseConfigCommand(open),
    receiptCommand(),
    serviceCommand(open),
  ]
}

/** Each command ends by a throw (Commander would end the process at once and leave what is open behind) and names its own help. */
function prepare(command: Command, typed: string): void {
  command.exitOverride()
  const says = command.commands.length > 0 ? 'lists the commands' : 'says what it takes'
  command.showHelpAfterError(`(${typed} --help ${says})`)
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    prepare(child, `${typed} ${child.name()}`)
  }
}

function exitCodeFor(error: unknown, env: Environment): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof CliFailure) {
    say(error.message)
    return error.exitCode
  }
  say(oneLine(error))
  if (env.PALIER_LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 1
}

function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // drizzle puts the whole statement in its message and what Postgres said in the cause.
  const cause = error.cause instanceof Error ? error.cause.message : ''
  const said = cause || error.message || ('code' in error ? String(error.code) : error.name)
  return said.split('\n')[0] ?? error.name
}

function say(message: string): void {
  process.stderr.write(`palier: ${message.split('\n').map(harmless).join('\n')}\n`)
}
