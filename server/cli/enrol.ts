// `palier enrol USER` and `palier setup`: one-time links.
import { Command, InvalidArgumentError } from 'commander'
import { ensureSetupLink, issueTicket } from '../people/tickets.ts'
import { aside, CliFailure, type OpenCli, print } from './context.ts'
import { type PeopleToolsOf, personNamed, ticketDeps } from './people-tools.ts'

const MAX_HOURS = 30 * 24

/** Prints a one-time link with which a person enrols a key. */
export function enrolCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  return new Command('enrol')
    .description('print a one-time link with which a person enrols a security key')
    .argument('<username>')
    .option('--hours <hours>', 'how long the link is good for', hours, 24)
    .action(async (username: string, options: { hours: number }) => {
      const context = await open()
      const tools = toolsOf(context)
      const person = await personNamed(tools, username)
      if (person.suspendedAt !== null) throw new CliFailure(`${username} is suspended: palier user resume ${username}`)
      const issued = await issueTicket(ticketDeps(context, tools), {
        kind: 'enrol',
        personId: person.id,
        createdBy: 'cli',
        ttlSeconds: options.hours * 3600,
      })
      print(issued.url)
      aside(
        `good once, for ${options.hours} ${options.hours === 1 ? 'hour' : 'hours'}, by whoever opens it: give it to ${username} only`,
      )
    })
}

/** Prints a new set-up link while no key was ever enrolled. */
export function setupCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  return new Command('setup')
    .description('print a new link with which the first administrator enrols; older ones stop working')
    .action(async () => {
      const context = await open()
      const url = await ensureSetupLink(ticketDeps(context, toolsOf(context)))
      if (url === null) {
        throw new CliFailure(
          'A key has been enrolled before, so set-up is closed. For another administrator: palier user add USER --owner, then palier enrol USER.',
        )
      }
      print(url)
    })
}

function hours(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > MAX_HOURS) {
    throw new InvalidArgumentError(`wants a whole number from 1 to ${MAX_HOURS}`)
  }
  return value
}
