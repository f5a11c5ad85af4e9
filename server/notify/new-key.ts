// What everybody who gets alerts, and the person, hear when an administrator has a key by a way that somebody else gave them: who gave it
// may have kept it, and would sign as two.
import type { Letter } from './letter.ts'

export interface KeyGiven {
  readonly username: string
  /** Null: whoever runs the server. */
  readonly by: string | null
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

/** For the person. */
export function newKeyLetter({ username, by, at, issuer }: KeyGiven): Letter {
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return {
    fr: {
      subject: 'Une clé a été ajoutée à votre compte',
      text: [
        `Une clé de sécurité a été ajoutée à votre compte ${username} (${when}), avec un lien ou au guichet, de la part de ${by ?? 'qui administre le serveur'}.`,
        'Si c’est vous : tout va bien.',
        `Sinon, quelqu’un peut désormais se connecter à votre place : déclarez cette clé perdue à ${issuer}/me, et prévenez un autre propriétaire.`,
      ].join('\n'),
    },
    en: {
      subject: 'A key was added to your account',
      text: [
        `A security key was added to your account ${username} (${when}), with a link or at the desk, given by ${by ?? 'whoever runs the server'}.`,
        'If it was you: all is well.',
        `If not, somebody can now sign in as you: report that key lost at ${issuer}/me, and tell another owner.`,
      ].join('\n'),
    },
  }
}
