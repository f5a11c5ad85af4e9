// `palier key list USER` and `palier key revoke KEY`.
import { Command } from 'commander'
import { aside, CliFailure, type OpenCli, print } from './context.ts'
import { type PeopleToolsOf, personNamed } from './people-tools.ts'

/** Lists a person's keys; revokes one with everything that hangs on it. */
export function keyCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('key').description('list and revoke security keys')

  command
    .command('list <username>')
    .description("list a person's keys")
    .action(async (username: string) => {
      const tools = toolsOf(await open())
      const keys = await tools.people.keysOf((await personNamed(tools, username)).id)
      if (keys.length === 0) aside(`${username} has no key yet. Next: palier enrol ${username}`)
      for (const key of keys) {
        const used = key.lastUsedAt === null ? 'never used' : `used ${key.lastUsedAt.toISOString()}`
        const state = key.revokedAt === null ? 'active' : `revoked (${key.revokedReason ?? 'no reason kept'})`
        print(
          [key.id, key.name, key.acr, key.aaguid, `enrolled ${key.createdAt.toISOString()}`, used, state].join('\t'),
        )
      }
    })

  command
    .command('revoke <key>')
    .description('revoke a key (key_…): its sessions and devices end within a second')
    .option('--reason <reason>', 'kept with the key', 'credential-revoked')
    .action(async (id: string, options: { reason: string }) => {
      const context = await open()
      const tools = toolsOf(context)
      const key = await tools.people.keyById(id)
      if (key === null) throw new CliFailure(`There is no key "${id}". \`palier key list USER\` shows a person's keys.`)
      const event = {
        action: 'key.revoked',
        actor: 'cli',
        subject: id,
        detail: { person: key.personId, reason: options.reason },
      }
      const changed = await tools.people.revokeKey(id, options.reason, new Date(context.clock.now()), event)
      // Also when it was revoked before: a revocation cut short before its sessions ended is completed by asking again.
      await tools.revoker.revoke('credential', id, options.reason)
      print(changed ? `${id} ("${key.name}") is revoked.` : `${id} ("${key.name}") was revoked already.`)
    })

  return command
}
