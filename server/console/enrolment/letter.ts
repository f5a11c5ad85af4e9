// The mail that brings a person their enrolment link.
import type { Letter } from '../../notify/letter.ts'
import { shownText } from '../../platform/shown-text.ts'

const NAME_CHARACTERS = 60

/** Where `{link}` stands, the link is put in when it is sent. Until when: in UTC, as mail knows no time zone. */
export function linkLetter(person: { readonly displayName: string }, expiresAt: Date, uses: number): Letter {
  // The place of the link is no part of anybody's name.
  const name = (shownText(person.displayName, NAME_CHARACTERS) ?? '').replaceAll(/[{}]/g, '')
  const until = `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return {
    fr: {
      subject: 'Enregistrez votre clé de sécurité',
      text: [
        `Bonjour ${name},`,
        '',
        'Votre administrateur vous invite à enregistrer votre clé de sécurité. Ayez-la sous la main, puis ouvrez ce lien :',
        '',
        '{link}',
        '',
        uses === 1 ? `Il sert une seule fois, jusqu’au ${until}.` : `Il sert ${uses} fois, jusqu’au ${until}.`,
        'Ne le transmettez à personne : qui l’ouvre enregistre sa clé à votre nom.',
        'Si vous ne l’attendiez pas, prévenez votre administrateur.',
      ].join('\n'),
    },
    en: {
      subject: 'Enrol your security key',
      text: [
        `Hello ${name},`,
        '',
        'Your administrator invites you to enrol your security key. Have it at hand, then open this link:',
        '',
        '{link}',
        '',
        uses === 1 ? `It works once, until ${until}.` : `It works ${uses} times, until ${until}.`,
        'Do not pass it on: whoever opens it enrols a key in your name.',
        'If you did not expect it, tell your administrator.',
      ].join('\n'),
    },
  }
}
