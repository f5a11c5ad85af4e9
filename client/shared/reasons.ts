// Every reason id that a page can be refused with, in plain words and with the next step. A test reads the server's sources
// and fails when it can answer a reason that has no sentence here.
import type { Catalogue, Locale } from './locale.ts'

const fr = {
  // the page's own
  offline: 'Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez.',
  unexpected: 'Quelque chose a mal tourné de notre côté. Réessayez dans un instant ; si cela continue, prévenez votre administrateur.',
  'key-not-used': 'Aucune clé n’a répondu à temps. Vérifiez qu’elle est bien branchée, réessayez et touchez-la quand elle clignote.',
  'key-already-enrolled': 'Cette clé est déjà enregistrée. Branchez l’autre clé, puis réessayez.',
  'key-wrong-address': 'Cette page n’est pas à l’adresse prévue pour votre clé. Revenez par le lien d’origine.',
  'key-cannot': 'Cette clé ne sait pas faire ce qui est demandé : il lui faut un code PIN et FIDO2. Essayez avec une autre clé.',
  'key-failed': 'La clé n’a pas répondu comme prévu. Débranchez-la, rebranchez-la, puis réessayez.',
  'key-browser-unsupported': 'Ce navigateur ne sait pas parler à une clé de sécurité. Ouvrez ce lien dans un navigateur à jour.',
}

export type Reason = keyof typeof fr

const en: typeof fr = {
  offline: 'The server does not answer. Check your connection, then try again.',
  unexpected: 'Something went wrong on our side. Try again in a moment; if it goes on, tell your administrator.',
  'key-not-used': 'No key answered in time. Check that it is plugged in, try again and touch it when it blinks.',
  'key-already-enrolled': 'This key is enrolled already. Plug in the other key, then try again.',
  'key-wrong-address': 'This page is not at the address your key expects. Come back through the original link.',
  'key-cannot': 'This key cannot do what is asked: it needs a PIN and FIDO2. Try another key.',
  'key-failed': 'The key did not answer as it should. Unplug it, plug it back in, then try again.',
  'key-browser-unsupported': 'This browser cannot speak to a security key. Open this link in an up-to-date browser.',
}

export const reasons: Catalogue<typeof fr> = { fr, en }

/** The sentence for a reason id; that of `unexpected` for one that this build does not know. */
export function sentence(locale: Locale, reason: string): string {
  const words: Readonly<Record<string, string>> = reasons[locale]
  return words[reason] ?? reasons[locale].unexpected
}
