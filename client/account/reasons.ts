// Words that only a person’s own page needs: of services, and of keys.
import type { Catalogue } from '../shared/locale.ts'
import '../shared/decision-reasons.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'fresh-tap-required':
    'Votre dernier appui sur la clé est trop ancien. Reconnectez-vous avec votre clé, puis recommencez.',
  'unknown-receipt': 'Ce reçu n’existe pas. Rechargez la page.',
  'unknown-service': 'Ce service n’existe plus, ou quelqu’un d’autre en répond. Rechargez la page.',
  'unknown-key': 'Cette clé n’est plus là. Rechargez la page.',
  'bad-name': 'Un nom compte de 1 à 100 caractères, sur une ligne.',
  'edited-meanwhile': 'Son nom vient d’être changé ailleurs. Rechargez la page pour le voir.',
  'last-owner':
    'Vous êtes le dernier propriétaire qui puisse se connecter. Faites d’abord entrer un autre propriétaire ou, si vous n’avez plus aucune clé, utilisez « palier admin recover » sur le serveur.',
  'too-many-links':
    'Vous avez fait vingt liens en un quart d’heure. Utilisez le dernier, ou attendez un quart d’heure.',
  'renewal-expired': 'Trop de temps a passé. Recommencez le renouvellement.',
}

const en: typeof fr = {
  'fresh-tap-required': 'Your last tap is too old. Sign in with your key again, then start again.',
  'unknown-receipt': 'There is no such receipt. Reload the page.',
  'unknown-service': 'This service is gone, or somebody else answers for it. Reload the page.',
  'unknown-key': 'This key is gone. Reload the page.',
  'bad-name': 'A name has 1 to 100 characters, on one line.',
  'edited-meanwhile': 'Its name was just changed elsewhere. Reload the page to see it.',
  'last-owner':
    'You are the last owner who can sign in. Let another owner in first or, if you have no key left, use “palier admin recover” on the server.',
  'too-many-links':
    'You made twenty links within a quarter of an hour. Use the last one, or wait a quarter of an hour.',
  'renewal-expired': 'Too much time has passed. Start the renewal again.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words)
