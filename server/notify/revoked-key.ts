// What a person is told when a key of theirs, or several, were taken out of use, by themselves or by others.
import type { Letter } from './letter.ts'
import { shownName } from './letter.ts'

const NAME_CHARACTERS = 60
const NAMES_SHOWN = 10

export interface KeysRevoked {
  /** By their names, one at least. */
  readonly names: readonly string[]
  /** `server`: with the command line. */
  readonly by: 'self' | 'administrator' | 'server'
  readonly at: Date
  readonly issuer: string
}

const WHO = {
  fr: {
    self: 'à votre demande',
    administrator: 'par une administratrice ou un administrateur',
    server: 'par qui administre le serveur',
  },
  en: { self: 'at your request', administrator: 'by an administrator', server: 'by whoever runs the server' },
} as const

/** What happened, who did it, and what to do. */
export function revokedKeysLetter({ names, by, at, issuer }: KeysRevoked): Letter {
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const listed = names.slice(0, NAMES_SHOWN).map((name) => `- ${shownName(name, NAME_CHARACTERS)}`)
  if (names.length > NAMES_SHOWN) listed.push('- …')
  const one = names.length === 1
  return {
    fr: {
      subject: one ? 'Une de vos clés de sécurité a été retirée' : 'Vos clés de sécurité ont été retirées',
      text: [
        `${one ? 'Cette clé a été retirée' : 'Ces clés ont été retirées'} de votre compte, ${WHO.fr[by]} (${when}) :`,
        ...listed,
        `Elle${one ? ' ne permet' : 's ne permettent'} plus de se connecter, et ce qui avait été ouvert avec ${one ? 'elle' : 'elles'} a été déconnecté. Vos messages ne sont pas perdus.`,
        'Si vous vous y attendiez : tout va bien. S’il ne vous reste aucune clé, demandez-en une à votre administrateur.',
        `Sinon : prévenez votre assistance informatique, et vérifiez vos clés et vos appareils à ${issuer}/me.`,
      ].join('\n'),
    },
    en: {
      subject: one ? 'One of your security keys was revoked' : 'Your security keys were revoked',
      text: [
        `${one ? 'This key was' : 'These keys were'} taken off your account, ${WHO.en[by]} (${when}):`,
        ...listed,
        `${one ? 'It no longer signs' : 'They no longer sign'} you in, and what was opened with ${one ? 'it' : 'them'} has been signed out. Your messages are not lost.`,
        'If you expected this: all is well. If you have no key left, ask your administrator for one.',
        `If not: tell your support desk, and look at your keys and devices at ${issuer}/me.`,
      ].join('\n'),
    },
  }
}
