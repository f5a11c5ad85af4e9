// `palier user add|list|suspend|resume`.
import { Command } from 'commander'
import type { Group } from '../people/groups.ts'
import type { Person } from '../people/port.ts'
import { newToken } from '../platform/tokens.ts'
import { aside, CliFailure, type OpenCli, print } from './context.ts'
import { groupNamed, groupsOf, join } from './group.ts'
import { checkUsername, displayNameOf, type PeopleToolsOf, personNamed } from './people-tools.ts'

/** The command; keys are given out afterwards with `palier enrol`. */
export function userCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('user').description('add, list, suspend and resume people')

  command
    .command('add <username>')
    .description('add a person; the username becomes the localpart of their Matrix user id')
    .option('--name <name>', 'display name (the username when left out)')
    .option('--owner', 'make them an owner: all of the console, and the roles of others')
    .option('--group <group...>', 'groups to put them into, by name or id')
    .action(async (username: string, options: { name?: string; owner?: boolean; group?: string[] }) => {
      checkUsername(username)
      const displayName = displayNameOf(username, options.name)
      const context = await open()
      const groups: Group[] = []
      for (const name of options.group ?? []) groups.push(await groupNamed(groupsOf(context), name))
      const role = options.owner ? 'owner' : 'person'
      const createdAt = new Date(context.clock.now())
      const person: Person = {
        id: newToken('person', context.random),
        username,
        displayName,
        role,
        createdAt,
        suspendedAt: null,
      }
      const event = { action: 'person.created', actor: 'cli', subject: person.id, detail: { username, role } }
      if (!(await toolsOf(context).people.create(person, event)))
        throw new CliFailure(`The username "${username}" is taken.`)
      for (const group of groups) await join(context, group, person.id)
      print(`Added ${username} (${person.id}). Next: palier enrol ${username}`)
    })

  command
    .command('list')
    .description('list people, with how many active keys each has')
    .action(async () => {
      const people = await toolsOf(await open()).people.list()
      if (people.length === 0) aside('Nobody is here yet. Next: palier setup')
      for (const person of people) {
        const state = person.suspendedAt === null ? 'active' : 'suspended'
        print(
          [
            person.username,
            person.displayName,
            person.role,
            state,
            `${person.keys} ${person.keys === 1 ? 'key' : 'keys'}`,
            person.id,
          ].join('\t'),
        )
      }
    })

  for (const verb of ['suspend', 'resume'] as const) {
    command
      .command(`${verb} <username>`)
      .description(
        verb === 'suspend' ? 'end all sessions of a person and let them in no more' : 'let a suspended person in again',
      )
      .action(async (username: string) => {
        const context = await open()
        const tools = toolsOf(context)
        const person = await personNamed(tools, username)
        const suspendedAt = verb === 'suspend' ? new Date(context.clock.now()) : null
        const event = {
          action: verb === 'suspend' ? 'person.suspended' : 'person.resumed',
          actor: 'cli',
          subject: person.id,
          detail: { username },
        }
        const changed = await tools.people.setSuspended(person.id, suspendedAt, event)
        // Also when nothing changed: a suspension cut short before its sessions ended is completed by asking again.
        if (verb === 'suspend') await tools.revoker.revoke('person', person.id, 'person-suspended')
        const [done, before] =
          verb === 'suspend' ? ['is suspended', 'was suspended already'] : ['is active again', 'was not suspended']
        print(`${username} ${changed ? done : before}.`)
      })
  }

  return command
}
