// Why a service could not be renewed: words that only the companion page needs.
import type { Catalogue } from '../shared/locale.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'unknown-service': 'Ce service n’existe plus, ou quelqu’un d’autre en répond. Rechargez la page.',
  'renewal-expired': 'Trop de temps a passé. Recommencez le renouvellement.',
}

const en: typeof fr = {
  'unknown-service': 'This service is gone, or somebody else answers for it. Reload the page.',
  'renewal-expired': 'Too much time has passed. Start the renewal again.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words, {})
