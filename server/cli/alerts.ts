// `palier alerts test|list|address`.
import { Command } from 'commander'
import { alertAddressStore, recentNotifications } from '../../db/stores/outbox.ts'
import { mailAddress } from '../config/values.ts'
import { alertPayload } from '../notify/alert.ts'
import { attempt } from '../notify/outbox.ts'
import type { Delivery, Owed } from '../notify/port.ts'
import { newToken } from '../platform/tokens.ts'
import { channels, noticesOf } from '../wiring/deliveries.ts'
import { aside, askedWrongly, type CliContext, CliFailure, type OpenCli, print } from './context.ts'
import { type PeopleToolsOf, personNamed } from './people-tools.ts'

const SHOWN = 20

/** The command. */
export function alertsCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('alerts').description('try, list and address what operators are told')

  command
    .command('test')
    .description('send one test alert to every configured receiver and address, and say what happened')
    .option('--notice <user id>', 'send a test server notice to this Matrix user, too')
    .action(async ({ notice }: { notice?: string }) => {
      const context = await open()
      const tried = [...(await tryAlerts(context)), ...(notice === undefined ? [] : [await tryNotice(context, notice)])]
      if (tried.length === 0)
        throw new CliFailure(
          'Nobody is configured: see PALIER_WEBHOOKS and PALIER_SMTP_URL in docs/operations/alerts.md',
          2,
        )
      for (const { what, delivery } of tried)
        print(
          `${delivery.state === 'delivered' ? 'ok    ' : 'failed'}\t${what}${delivery.state === 'failed' ? `\t${delivery.error}` : ''}`,
        )
      const failed = tried.filter(({ delivery }) => delivery.state !== 'delivered').length
      if (failed > 0) throw new CliFailure(`${failed} of ${tried.length} were not delivered`)
    })

  command
    .command('list')
    .description('list the latest notifications: what is still owed, and what was given up')
    .action(async () => {
      const { db } = await open()
      const latest = await recentNotifications(db, SHOWN)
      if (latest.length === 0) aside('There is no notification yet: nothing was owed to anybody.')
      for (const row of latest) {
        const state = row.deliveredAt !== null ? 'delivered' : row.deadAt !== null ? 'given up' : 'owed'
        const attempts = `${row.attempts} ${row.attempts === 1 ? 'attempt' : 'attempts'}`
        print([row.createdAt.toISOString(), row.channel, row.target, state, attempts, row.lastError ?? ''].join('\t'))
      }
    })

  command
    .command('address <username> [address]')
    .description('where an owner is told of alerts by mail; without an address, nowhere any more')
    .action(async (username: string, address: string | undefined) => {
      if (address !== undefined && mailAddress(address) === null)
        throw askedWrongly('address', address, 'a bare mail address, such as name@example.org')
      const context = await open()
      const person = await personNamed(toolsOf(context), username)
      if (address !== undefined && person.role !== 'owner')
        throw new CliFailure(`${username} is not an owner: alerts name people and devices`)
      await alertAddressStore(context.db).set(person.id, address ?? null, new Date(context.clock.now()))
      print(address === undefined ? `${username} gets no mail any more` : `${username} is told of alerts at ${address}`)
    })

  return command
}

interface Tried {
  readonly what: string
  readonly delivery: Delivery
}

async function tryAlerts(context: CliContext): Promise<Tried[]> {
  const { config, clock, random, db } = context
  const alert = {
    kind: 'test',
    action: 'alert',
    serverName: config.serverName,
    personId: null,
    device: null,
    explanation: { fr: 'Ceci est un essai : rien ne s’est passé.', en: 'This is a test: nothing has happened.' },
    evidence: {},
  } as const
  const payload = alertPayload(newToken('alert', random), alert, new Date(clock.now()))
  const tried: Tried[] = []
  for (const { channel, targets, deliver } of channels(context, null)) {
    const to = targets ?? [...new Set([...config.alertMailTo, ...(await alertAddressStore(db).list(db))])]
    for (const target of to) {
      const id = newToken('notification', random)
      const owed: Owed = { id, channel, target, payload, attempts: 1, createdAt: new Date(clock.now()) }
      tried.push({ what: `${channel} ${target}`, delivery: await attempt(deliver, owed) })
    }
  }
  return tried
}

async function tryNotice(context: CliContext, userId: string): Promise<Tried> {
  const { config, random } = context
  const notices = noticesOf(context, config.homeserverUrl)
  if (notices === null)
    throw new CliFailure('a notice needs PALIER_SYNAPSE_ADMIN_TOKEN_FILE and PALIER_HOMESERVER_URL', 2)
  const text = 'Palier : ceci est un essai, rien ne vous est demandé.\nPalier: this is a test, nothing is asked of you.'
  const sent = await notices.send({ id: newToken('notification', random), userId, text })
  return { what: `server-notice ${userId}`, delivery: sent.ok ? { state: 'delivered' } : { state: 'failed', ...sent } }
}
