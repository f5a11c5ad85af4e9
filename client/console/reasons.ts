// What the console is refused with, in plain words and with the next step.
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'tap-cancelled': 'Rien n’a été fait : la clé n’a pas été touchée. Recommencez quand vous l’avez sous la main.',
  'administrators-only': 'Cette page est réservée aux administrateurs.',
  'not-permitted': 'Votre rôle ne permet pas cela. Demandez à un administrateur qui en a le droit.',
  'invalid-token': 'Ce jeton d’API n’est pas valable, ou ne l’est plus.',
  unavailable: 'Cela ne peut pas être fait pour l’instant. Réessayez dans un moment.',
  'edited-meanwhile':
    'Quelqu’un d’autre vient de modifier la même chose. Rien n’est perdu : regardez ce qui a changé, puis recommencez.',
  'token-makes-no-token': 'Un jeton d’API n’en crée pas d’autre. Connectez-vous avec votre clé de sécurité.',
  'token-too-long':
    'Cette durée est trop longue : 90 jours pour un jeton qui ne fait que provisionner, 24 heures pour les autres.',
  'token-unknown': 'Ce jeton n’existe pas.',
  'beyond-your-role': 'Votre rôle n’a pas ce droit : vous ne pouvez pas le donner à un jeton.',
  'bad-name': 'Un nom compte de 1 à 100 caractères, sur une ligne.',
}

const en: Record<keyof typeof fr, string> = {
  'tap-cancelled': 'Nothing was done: the key was not touched. Do it again when you have it at hand.',
  'administrators-only': 'This page is for administrators.',
  'not-permitted': 'Your role does not allow this. Ask an administrator whose role does.',
  'invalid-token': 'This API token is not valid, or no longer is.',
  unavailable: 'This cannot be done at the moment. Try again in a while.',
  'edited-meanwhile':
    'Somebody else has just changed the same thing. Nothing is lost: look at what changed, then do it again.',
  'token-makes-no-token': 'An API token makes no other. Sign in with your security key.',
  'token-too-long': 'That is too long: 90 days for a token that only provisions, 24 hours for any other.',
  'token-unknown': 'There is no such token.',
  'beyond-your-role': 'Your role does not hold this permission, so you cannot give it to a token.',
  'bad-name': 'A name has 1 to 100 characters, on one line.',
}

addReasons({ fr, en }, {})
