// Alerts and letters by mail: plain text. Alerts are in French and then English, and nothing in them acts; a letter may carry one link.
import type { Clock } from '../platform/clock.ts'
import { type Mailer, MailFailed } from '../platform/mail.ts'
import { type AlertPayload, readAlert } from './alert.ts'
import { readLetter } from './letter.ts'
import type { Deliver, Owed } from './port.ts'
import { alertWords } from './words.ts'

/** Delivers alerts and letters to mail addresses. */
export function mails({
  mailer,
  issuer,
  openLink,
}: {
  readonly mailer: Mailer
  readonly clock?: Clock
  /** Where the console is, which alerts name. */
  readonly issuer: string
  /** Opens the link that a letter carries. Throws `SealBroken`. */
  readonly openLink?: (id: string, sealed: string) => string
}): Deliver {
  // A letter is not sent with a hole in it.
  function withLink(letter: { subject: string; text: string }, { id, sealedLink }: Owed) {
    if (!letter.text.includes(LINK)) return letter
    if (!sealedLink || openLink === undefined) return null
    return { ...letter, text: letter.text.replaceAll(LINK, () => openLink(id, sealedLink)) }
  }

  return {
    async deliver(owed, signal) {
      const alert = readAlert(owed.payload)
      const letter = alert === null ? readLetter(owed.payload) : null
      const mail = alert === null ? letter && withLink(letter, owed) : alertMail(alert, issuer)
      if (mail === null) return { state: 'failed', error: 'neither an alert nor a letter', final: true }
      try {
        await mailer.send({ ...mail, to: owed.target, id: owed.id }, signal)
        return { state: 'delivered' }
      } catch (error) {
        if (!(error instanceof MailFailed)) throw error
        return { state: 'failed', error: error.message, final: error.final }
      }
    },
  }
}

const LINK = '{link}'

/** Subject and text of an alert's mail. */
export function alertMail(alert: AlertPayload, issuer: string): { subject: string; text: string } {
  const { data, timestamp } = alert
  const part = (locale: 'fr' | 'en') => {
    const words = alertWords[locale]
    const action = words.action[data.action as keyof typeof words.action] ?? data.action
    return [
      data.explanation[locale],
      '',
      action,
      '',
      words.facts,
      `- ${words.kind}: ${data.kind}`,
      `- ${words.at}: ${timestamp}`,
      `- ${words.server}: ${data.server_name}`,
      ...(data.person === null ? [] : [`- ${words.person}: ${data.person}`]),
      ...(data.device === null ? [] : [`- ${words.device}: ${data.device}`]),
      ...Object.entries(data.evidence).map(([name, value]) => `- ${name}: ${value}`),
      '',
      words.whereNext(issuer),
    ].join('\n')
  }
  return {
    subject: `[Palier] ${data.kind} (${data.server_name})`,
    text: `${part('fr')}\n\n----------------------------------------\n\n${part('en')}\n`,
  }
}
