// `palier admin recover USERNAME`: the way back when no owner can sign in any more. Loud on purpose.
import { hostname, userInfo } from 'node:os'
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import { recoverOwner } from '../../db/stores/recovery.ts'
import { auditLog } from '../audit/log.ts'
import type { Alert } from '../notify/port.ts'
import type { Person } from '../people/port.ts'
import { newTicket } from '../people/tickets.ts'
import { newToken } from '../platform/tokens.ts'
import { notifierOf, toldOfRevokedKeys } from '../wiring/notify.ts'
import { aside, type CliContext, CliFailure, type OpenCli, print } from './context.ts'
import { checkUsername, displayNameOf, type PeopleTools, type PeopleToolsOf, personNamed } from './people-tools.ts'

/** Short: whoever opens the link first becomes an owner. */
const LINK_SECONDS = 3600

interface Options {
  readonly new?: boolean
  readonly name?: string
  readonly revokeKeys?: boolean
}

/** The command. */
export function adminCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('admin').description('the way back when no owner can sign in any more')
  command
    .command('recover <username>')
    .description(
      'make a person an owner and print a link, good once for an hour, with which they enrol a key; audited, logged, and told to whoever gets alerts',
    )
    .option('--new', 'make this person first: the username is not there yet')
    .option('--name <name>', 'display name of a new person (the username when left out)')
    .option('--revoke-keys', 'revoke the keys they have, and end all that they are signed in to')
    .action(async (username: string, options: Options) => {
      if (options.new) checkUsername(username)
      const context = await open()
      const tools = toolsOf(context)
      const person = options.new ? newPerson(context, username, options.name) : await personNamed(tools, username)
      print(await recover(context, tools, person, options))
      aside(`good once, for an hour, by whoever opens it: give it to ${username} only`)
      aside('this was written to the audit log, and everybody who gets alerts is told')
    })
  return command
}

/** Does it; the link. */
async function recover(context: CliContext, tools: PeopleTools, person: Person, options: Options): Promise<string> {
  const { db, clock, config, log } = context
  const issued = newTicket(context, {
    kind: 'enrol',
    personId: person.id,
    createdBy: 'cli',
    ttlSeconds: LINK_SECONDS,
  })
  const alert = alertOf(person, config.serverName, options)
  const done = await recoverOwner(
    db,
    auditLog({ store: auditStore(db), clock }),
    {
      person,
      isNew: options.new ?? false,
      revokesKeys: options.revokeKeys ?? false,
      ticket: issued.ticket,
      at: new Date(clock.now()),
      askedBy: `${userInfo().username}@${hostname()}`,
    },
    async (tx, keys) => {
      await notifierOf(context).alert(alert, tx)
      await toldOfRevokedKeys(context)({ personId: person.id, keys, actor: 'cli' }, tx)
    },
  )
  if (!done)
    throw new CliFailure(
      options.new
        ? `The username "${person.username}" is taken: leave --new out, or choose another.`
        : `${person.username} was deleted, and does not come back. Choose another username, with --new.`,
    )
  // Also what was opened before with keys that stay: an owner who had to be recovered starts anew.
  if (options.revokeKeys) await tools.revoker.revoke('person', person.id, 'owner-recovered')
  log.warn('admin.recovered', { person: person.id, username: person.username, new: options.new ?? false })
  return `${config.issuer}/enrol/${issued.token}`
}

function newPerson({ clock, random }: CliContext, username: string, name: string | undefined): Person {
  const displayName = displayNameOf(username, name)
  const createdAt = new Date(clock.now())
  return { id: newToken('person', random), username, displayName, role: 'owner', createdAt, suspendedAt: null }
}

function alertOf(person: Person, serverName: string, { new: isNew, revokeKeys }: Options): Alert {
  const { username } = person
  return {
    kind: 'owner-recovered',
    action: 'alert',
    serverName,
    personId: person.id,
    device: null,
    explanation: {
      fr: `Sur le serveur, quelqu’un a fait de ${username} un propriétaire${isNew ? ', créé pour cela,' : ''} avec palier admin recover${revokeKeys ? ', et retiré ses clés' : ''}. Si personne parmi vous ne l’a voulu, le serveur est en d’autres mains.`,
      en: `On the server, somebody made ${username} an owner${isNew ? ', new for this,' : ''} with palier admin recover${revokeKeys ? ', and revoked their keys' : ''}. If none of you wanted that, the server is in other hands.`,
    },
    evidence: {},
  }
}
