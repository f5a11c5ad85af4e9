// What the console is refused with, in plain words and with the next step.
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'administrators-only': 'Cette page est réservée aux administrateurs.',
  'not-permitted': 'Votre rôle ne permet pas cela. Demandez à un administrateur qui en a le droit.',
  'invalid-token': 'Ce jeton d’API n’est pas valable, ou ne l’est plus.',
  unavailable: 'Cela ne peut pas être fait pour l’instant. Réessayez dans un moment.',
  'edited-meanwhile':
    'Quelqu’un d’autre vient de modifier la même chose. Rien n’est perdu : regardez ce qui a changé, puis recommencez.',
}

const en: Record<keyof typeof fr, string> = {
  'administrators-only': 'This page is for administrators.',
  'not-permitted': 'Your role does not allow this. Ask an administrator whose role does.',
  'invalid-token': 'This API token is not valid, or no longer is.',
  unavailable: 'This cannot be done at the moment. Try again in a while.',
  'edited-meanwhile':
    'Somebody else has just changed the same thing. Nothing is lost: look at what changed, then do it again.',
}

addReasons({ fr, en }, {})
