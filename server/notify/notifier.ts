// What is owed to whom: a prompt to its person, an alert to every receiver.
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { newToken } from '../platform/tokens.ts'
import { alertPayload } from './alert.ts'
import { letterPayload } from './letter.ts'
import type { AlertAddresses, AlertLog, Channel, Notifier, OutboxStore, PersonAddresses } from './port.ts'
import { promptPayload } from './prompt.ts'

/** Notices a person gets in an hour at most: whoever holds their token cannot bury them. The companion page shows every prompt. */
export const NOTICES_AN_HOUR = 12

export interface NotifierDeps {
  readonly outbox: Pick<OutboxStore, 'enqueue'>
  readonly addresses: AlertAddresses
  readonly people: PersonAddresses
  readonly kept: AlertLog
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Whether prompts and letters go out as server notices. */
  readonly serverNotices: boolean
  /** Names of the configured receivers. */
  readonly receivers: readonly string[]
  /** Configured addresses; null when there is no mail server. */
  readonly mailTo: readonly string[] | null
}

/** The notifier that features are handed. */
export function notifier(deps: NotifierDeps): Notifier {
  const { outbox, random } = deps
  return {
    async prompted(prompt, tx) {
      if (!deps.serverNotices) return
      const owed = await outbox.enqueue(
        {
          id: newToken('notification', random),
          channel: 'server-notice',
          target: prompt.userId,
          about: prompt.approvalHash,
          payload: promptPayload(prompt.approvalHash),
          serverName: prompt.serverName,
        },
        tx,
        NOTICES_AN_HOUR,
      )
      if (!owed) deps.log.warn('notify.too-many-prompts', { person: prompt.personId, an_hour: NOTICES_AN_HOUR })
    },

    async alert(alert, tx) {
      const about = newToken('alert', random)
      if (alert.kind !== 'test') await deps.kept.keep({ ...alert, id: about }, tx)
      const payload = alertPayload(about, alert, new Date(deps.clock.now()))
      const owe = (channel: 'webhook' | 'mail', target: string) =>
        outbox.enqueue({ id: newToken('notification', random), channel, target, about, payload, serverName: null }, tx)
      for (const name of deps.receivers) await owe('webhook', name)
      if (deps.mailTo === null) return
      const addresses = new Set([...deps.mailTo, ...(await deps.addresses.list(tx))])
      for (const address of addresses) await owe('mail', address)
    },

    async tell({ personId, about, letter }, tx) {
      const { email, locale, users } = await deps.people.of(personId, tx)
      const payload = letterPayload(letter, locale)
      const owe = (channel: Channel, target: string, serverName: string | null) =>
        outbox.enqueue({ id: newToken('notification', random), channel, target, about, payload, serverName }, tx)
      const channels: Channel[] = []
      if (deps.serverNotices && users.length > 0) {
        for (const { userId, serverName } of users) await owe('server-notice', userId, serverName)
        channels.push('server-notice')
      }
      if (deps.mailTo !== null && email !== null) {
        await owe('mail', email, null)
        channels.push('mail')
      }
      return channels
    },
  }
}
