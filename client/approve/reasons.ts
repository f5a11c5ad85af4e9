// Why a request was not decided: words that only the approval page needs.
import type { Catalogue } from '../shared/locale.ts'
import '../shared/decision-reasons.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'approval-expired': 'Cette demande a expiré. Recommencez depuis votre messagerie.',
  'unknown-approval': 'Ce lien ne correspond à aucune demande. Ouvrez à nouveau celui que vous avez reçu, en entier.',
  'ceiling-reached':
    'Votre clé a déjà autorisé tout ce qu’elle peut aujourd’hui. Demandez à vos administrateurs, ou attendez demain.',
}

const en: typeof fr = {
  'approval-expired': 'This request has expired. Start again in your messenger.',
  'unknown-approval': 'This link matches no request. Open the one you were given again, all of it.',
  'ceiling-reached': 'Your key has approved all it may today. Ask your administrators, or wait for tomorrow.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words)
