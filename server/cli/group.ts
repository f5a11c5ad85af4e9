// `palier group add|list|remove|members|join|leave`: groups of people, which policy rules name.
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import { groupStore } from '../../db/stores/groups.ts'
import { auditLog } from '../audit/log.ts'
import { type Group, type GroupStore, groupNameFrom } from '../people/groups.ts'
import { newToken } from '../platform/tokens.ts'
import { aside, askedWrongly, type CliContext, CliFailure, type OpenCli, print } from './context.ts'
import { type PeopleToolsOf, personNamed } from './people-tools.ts'

/** The store of groups on an opened context. */
export function groupsOf({ db, clock }: CliContext): GroupStore {
  return groupStore(db, auditLog({ store: auditStore(db), clock }))
}

/** The group of that name or id; throws `CliFailure` when there is none. */
export async function groupNamed(groups: GroupStore, nameOrId: string): Promise<Group> {
  const group = await groups.find(nameOrId)
  if (group === null)
    throw new CliFailure(`There is no group "${nameOrId}". \`palier group list\` shows which there are.`)
  return group
}

/** Adds a person to a group; false when they were in it already. */
export async function join(context: CliContext, group: Group, personId: string): Promise<boolean> {
  return groupsOf(context).addMember(group.id, personId, new Date(context.clock.now()), {
    action: 'group.member-added',
    actor: 'cli',
    subject: group.id,
    detail: { person: personId, name: group.displayName },
  })
}

/** The command. Who is in which group counts within ten seconds. */
export function groupCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('group').description('groups of people, which policy rules name')

  command
    .command('add <name>')
    .description('add a group')
    .option('--external-id <id>', 'the id of a directory that keeps it')
    .action(async (text: string, options: { externalId?: string }) => {
      const displayName = groupNameFrom(text)
      if (displayName === null) throw askedWrongly('name', text, NAME)
      const context = await open()
      const id = newToken('group', context.random)
      const externalId = options.externalId ?? null
      const group: Group = { id, displayName, externalId, createdAt: new Date(context.clock.now()) }
      const event = { action: 'group.created', actor: 'cli', subject: id, detail: { name: displayName, externalId } }
      if (!(await groupsOf(context).create(group, event)))
        throw new CliFailure(`A group with that name${externalId === null ? '' : ' or external id'} is there already.`)
      print(`Added ${displayName} (${id}). Next: palier group join ${quoted(displayName)} USERNAME`)
    })

  command
    .command('list')
    .description('list groups, with how many members each has')
    .action(async () => {
      const groups = await groupsOf(await open()).list()
      if (groups.length === 0) aside('There are no groups yet. Next: palier group add NAME')
      for (const { displayName, members, id, externalId } of groups) {
        print(
          [displayName, `${members} ${members === 1 ? 'member' : 'members'}`, id, externalId ?? '']
            .join('\t')
            .trimEnd(),
        )
      }
    })

  command
    .command('remove <group>')
    .description('take a group away; its members stay')
    .action(async (name: string) => {
      const groups = groupsOf(await open())
      const group = await groupNamed(groups, name)
      const event = { action: 'group.removed', actor: 'cli', subject: group.id, detail: { name: group.displayName } }
      const removed = await groups.remove(group.id, event)
      if (removed === 'in-policy')
        throw new CliFailure(
          `The policy in force names ${group.displayName} (palier policy show --yaml), or it has a rule for keys (/console/keys). Take it out there first.`,
        )
      print(removed === 'removed' ? `${group.displayName} is gone.` : `${group.displayName} was gone already.`)
    })

  command
    .command('members <group>')
    .description('list the members of a group')
    .action(async (name: string) => {
      const groups = groupsOf(await open())
      const members = await groups.members((await groupNamed(groups, name)).id)
      if (members.length === 0) aside(`Nobody is in it yet. Next: palier group join ${quoted(name)} USERNAME`)
      for (const { username, displayName, id } of members) print([username, displayName, id].join('\t'))
    })

  command
    .command('join <group> <username>')
    .description('add a person to a group')
    .action(async (name: string, username: string) => {
      const context = await open()
      const group = await groupNamed(groupsOf(context), name)
      const person = await personNamed(toolsOf(context), username)
      const isNew = await join(context, group, person.id)
      print(isNew ? `${username} is in ${group.displayName}.` : `${username} was in ${group.displayName} already.`)
    })

  command
    .command('leave <group> <username>')
    .description('take a person out of a group')
    .action(async (name: string, username: string) => {
      const context = await open()
      const groups = groupsOf(context)
      const group = await groupNamed(groups, name)
      const person = await personNamed(toolsOf(context), username)
      const detail = { person: person.id, name: group.displayName }
      const event = { action: 'group.member-removed', actor: 'cli', subject: group.id, detail }
      const wasIn = await groups.removeMember(group.id, person.id, event)
      print(
        wasIn ? `${username} is no longer in ${group.displayName}.` : `${username} was not in ${group.displayName}.`,
      )
    })

  return command
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name)
}

const NAME = '1 to 100 characters on one line, neither `everyone` nor beginning with `grp_`'
