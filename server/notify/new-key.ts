// What a person hears when a key was added to those they have or had, and, where an administrator's came by a way that somebody else gave
// them, everybody who gets alerts: who gave it may have kept it, and would sign as two.
import type { Letter } from './letter.ts'
import { shownName } from './letter.ts'

const NAME_CHARACTERS = 60

export interface KeyGiven {
  readonly username: string
  /** Whether they have a role: who gave them a key is named to them, and who else there is to tell. */
  readonly isAdministrator: boolean
  /** As they called it when it was added. */
  readonly keyName: string
  /** `self`: from their own page, with a key they had. */
  readonly way: 'self' | 'desk' | 'link'
  /** The username of whoever gave the way; null: whoever runs the server. */
  readonly by: string | null
  /** Where it was added; null where that was not seen. */
  readonly network: string | null
  readonly at: Date
  readonly issuer: string
}

/** For the alert. */
export function newKeyExplanation({ username, by }: Pick<KeyGiven, 'username' | 'by'>) {
  return {
    fr: `Une clé a été ajoutée au compte d’administration ${username} avec un lien, ou au guichet, de la part de ${by ?? 'qui administre le serveur'}. Si ${username} ne l’a pas voulu, retirez cette clé.`,
    en: `A key was added to the administrator’s account ${username} with a link, or at the desk, given by ${by ?? 'whoever runs the server'}. If ${username} did not want it, revoke that key.`,
  }
}

const WAYS = {
  fr: { self: 'depuis votre page, avec une de vos clés', desk: 'au guichet', link: 'avec un lien d’enrôlement' },
  en: { self: 'from your own page, with one of your keys', desk: 'at the desk', link: 'with an enrolment link' },
} as const

/** For the person. */
export function newKeyLetter(given: KeyGiven): Letter {
  const { username, isAdministrator, way, by, network, at, issuer } = given
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const name = shownName(given.keyName, NAME_CHARACTERS)
  const isNamed = isAdministrator && way !== 'self'
  const giver = {
    fr: isNamed ? `, de la part de ${by ?? 'qui administre le serveur'}` : '',
    en: isNamed ? `, given by ${by ?? 'whoever runs the server'}` : '',
  }
  return {
    fr: {
      subject: 'Une clé a été ajoutée à votre compte',
      text: [
        `La clé de sécurité « ${name} » a été ajoutée à votre compte ${username} (${when}), ${WAYS.fr[way]}${giver.fr}.`,
        ...(network === null ? [] : [`Réseau : ${network}.`]),
        'Si c’est vous : tout va bien.',
        `Sinon, quelqu’un peut désormais se connecter à votre place : déclarez cette clé perdue à ${issuer}/me, et prévenez ${isAdministrator ? 'un autre propriétaire' : 'votre assistance informatique'}.`,
      ].join('\n'),
    },
    en: {
      subject: 'A key was added to your account',
      text: [
        `The security key "${name}" was added to your account ${username} (${when}), ${WAYS.en[way]}${giver.en}.`,
        ...(network === null ? [] : [`Network: ${network}.`]),
        'If it was you: all is well.',
        `If not, somebody can now sign in as you: report that key lost at ${issuer}/me, and tell ${isAdministrator ? 'another owner' : 'your support desk'}.`,
      ].join('\n'),
    },
  }
}
