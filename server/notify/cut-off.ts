// What a person is told when a key of theirs was taken out of use because of its model.
import type { Letter } from './letter.ts'
import { shownName } from './letter.ts'

const NAME_CHARACTERS = 60
const MODEL_CHARACTERS = 100

/** What stopped working. Names are the person's own, models the metadata's: both are made fit to show here. */
export interface CutOffForPerson {
  readonly keys: readonly { readonly name: string; readonly model: string }[]
  /** Keys that still work. */
  readonly left: number
  readonly at: Date
  readonly issuer: string
}

/** What happened, why, and what to do. */
export function cutOffLetter({ keys, left, at, issuer }: CutOffForPerson): Letter {
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const listed = keys.map(
    ({ name, model }) => `- ${shownName(name, NAME_CHARACTERS)} (${shownName(model, MODEL_CHARACTERS)})`,
  )
  const one = keys.length === 1
  return {
    fr: {
      subject: one ? 'Une de vos clés de sécurité ne sert plus' : 'Vos clés de sécurité ne servent plus',
      text: [
        `${one ? 'Cette clé ne permet plus' : 'Ces clés ne permettent plus'} de se connecter (${when}) :`,
        ...listed,
        'Pourquoi : un défaut a été découvert sur ce modèle. Vous n’y êtes pour rien.',
        `Ce qui avait été ouvert avec ${one ? 'elle' : 'elles'} a été déconnecté. Vos messages ne sont pas perdus.`,
        left > 0
          ? `Que faire : connectez-vous avec votre autre clé à ${issuer}/me, puis demandez à votre administrateur une clé de remplacement.`
          : 'Que faire : demandez dès maintenant une nouvelle clé à votre administrateur. En attendant, il peut vous donner un laissez-passer temporaire.',
      ].join('\n'),
    },
    en: {
      subject: one ? 'One of your security keys no longer works' : 'Your security keys no longer work',
      text: [
        `${one ? 'This key no longer signs' : 'These keys no longer sign'} you in (${when}):`,
        ...listed,
        'Why: a flaw was found in this model. You did nothing wrong.',
        `What was opened with ${one ? 'it' : 'them'} has been signed out. Your messages are not lost.`,
        left > 0
          ? `What to do: sign in with your other key at ${issuer}/me, then ask your administrator for a replacement.`
          : 'What to do: ask your administrator for a new key now. Until it is there, they can give you a temporary pass.',
      ].join('\n'),
    },
  }
}
