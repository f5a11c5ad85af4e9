// Why a decision, or what hangs on one, was refused: words of the pages that decide. The sign-in page does without them.
import type { Catalogue } from './locale.ts'
import { addReasons } from './reasons.ts'

const fr = {
  'already-decided': 'Cette demande a déjà été décidée, ici ou dans une autre fenêtre.',
  'approval-expired': 'Cette demande a expiré. Recommencez depuis votre messagerie.',
  'unknown-approval': 'Ce lien ne correspond à aucune demande. Ouvrez à nouveau celui que vous avez reçu, en entier.',
  'ceiling-reached':
    'Votre clé a déjà autorisé tout ce qu’elle peut aujourd’hui. Demandez à vos administrateurs, ou attendez demain.',
  'unknown-device': 'Cet appareil n’est plus connecté. Rechargez la page.',
  'unknown-receipt': 'Ce reçu n’existe pas. Rechargez la page.',
}

const en: typeof fr = {
  'already-decided': 'This request was decided already, here or in another window.',
  'approval-expired': 'This request has expired. Start again in your messenger.',
  'unknown-approval': 'This link matches no request. Open the one you were given again, all of it.',
  'ceiling-reached': 'Your key has approved all it may today. Ask your administrators, or wait for tomorrow.',
  'unknown-device': 'This device is no longer signed in. Reload the page.',
  'unknown-receipt': 'There is no such receipt. Reload the page.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words, {})
