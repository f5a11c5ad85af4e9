// Why a decision, or what takes a session, was refused: words of the pages behind sign-in. The sign-in page does without them.
import type { Catalogue } from './locale.ts'
import { addReasons } from './reasons.ts'

const fr = {
  'signin-required': 'Vous n’êtes plus connecté. Connectez-vous avec votre clé, puis recommencez.',
  'already-decided': 'Cette demande a déjà été décidée, ici ou dans une autre fenêtre.',
  'unknown-device': 'Cet appareil n’est plus connecté. Rechargez la page.',
}

const en: typeof fr = {
  'signin-required': 'You are no longer signed in. Sign in with your key, then start again.',
  'already-decided': 'This request was decided already, here or in another window.',
  'unknown-device': 'This device is no longer signed in. Reload the page.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words)
