// Every reason id that a page can be refused with, in plain words and with the next step. A test reads the server's sources
// and fails when it can answer a reason that has no sentence here.
import type { Catalogue, Locale } from './locale.ts'

const fr = {
  // the page's own
  offline: 'Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez.',
  unexpected:
    'Quelque chose a mal tourné de notre côté. Réessayez dans un instant ; si cela continue, prévenez votre administrateur.',
  'key-not-used':
    'Aucune clé n’a répondu à temps. Vérifiez qu’elle est bien branchée, réessayez et touchez-la quand elle clignote.',
  'key-wrong-address': 'Cette page n’est pas à l’adresse prévue pour votre clé. Revenez par le lien d’origine.',
  'key-cannot':
    'Cette clé ne sait pas faire ce qui est demandé : il lui faut un code PIN et FIDO2. Essayez avec une autre clé.',
  'key-failed': 'La clé n’a pas répondu comme prévu. Débranchez-la, rebranchez-la, puis réessayez.',
  'key-browser-unsupported':
    'Ce navigateur ne sait pas parler à une clé de sécurité. Ouvrez ce lien dans un Firefox, Chrome, Edge ou Safari à jour.',
  // the server's
  'key-required': 'Un laissez-passer ne suffit pas ici : il faut votre clé de sécurité.',
  'other-person': 'Ceci concerne le compte d’une autre personne. Connectez-vous avec la clé de cette personne.',
  'person-suspended': 'Ce compte est suspendu. Adressez-vous à votre administrateur.',
  'tap-refused':
    'Cet appui n’a pas été accepté. Vérifiez que c’est bien votre clé, puis réessayez ; sinon, demandez un lien à votre administrateur.',
  'key-unknown':
    'Cette clé n’est pas enregistrée ici, ou elle a été retirée. Essayez votre autre clé, ou demandez un lien à votre administrateur.',
  'key-cut-off':
    'Cette clé ne peut plus servir : un défaut a été découvert sur son modèle. Vous n’y êtes pour rien. Connectez-vous avec votre autre clé, ou demandez-en une nouvelle à votre administrateur.',
  'too-many-ceremonies': 'Trop d’essais en peu de temps. Attendez une minute, puis réessayez.',
  'transaction-gone':
    'Cette connexion a expiré ou a déjà servi. Repartez de l’application où vous vouliez vous connecter.',
}

const en: typeof fr = {
  offline: 'The server does not answer. Check your connection, then try again.',
  unexpected: 'Something went wrong on our side. Try again in a moment; if it goes on, tell your administrator.',
  'key-not-used': 'No key answered in time. Check that it is plugged in, try again and touch it when it blinks.',
  'key-wrong-address': 'This page is not at the address your key expects. Come back through the original link.',
  'key-cannot': 'This key cannot do what is asked: it needs a PIN and FIDO2. Try another key.',
  'key-failed': 'The key did not answer as it should. Unplug it, plug it back in, then try again.',
  'key-browser-unsupported':
    'This browser cannot speak to a security key. Open this link in an up-to-date Firefox, Chrome, Edge or Safari.',
  'key-required': 'A temporary pass is not enough here: it takes your security key.',
  'other-person': 'This is about another person’s account. Sign in with that person’s key.',
  'person-suspended': 'This account is suspended. Ask your administrator.',
  'tap-refused':
    'This tap was not accepted. Check that it is your key, then try again; if it still is not, ask your administrator for a link.',
  'key-unknown':
    'This key is not enrolled here, or was removed. Try your other key, or ask your administrator for a link.',
  'key-cut-off':
    'This key can no longer be used: a flaw was found in its model. You did nothing wrong. Sign in with your other key, or ask your administrator for a new one.',
  'too-many-ceremonies': 'Too many tries in a short time. Wait a minute, then try again.',
  'transaction-gone':
    'This sign-in has expired or was used already. Start again from the application you wanted to sign in to.',
}

const catalogue: Catalogue<typeof fr> = { fr, en }
/** Grows by what a page adds. */
export const reasons: Record<Locale, Record<string, string>> = catalogue

/** Adds a page's own reasons and what means the same as they do: no other page carries them. */
export function addReasons(
  words: Catalogue<Readonly<Record<string, string>>>,
  same?: Readonly<Record<string, string>>,
): void {
  Object.assign(reasons.fr, words.fr)
  Object.assign(reasons.en, words.en)
  Object.assign(alike, same)
}

/** Reasons that mean the same thing to a person: what to do next does not differ. */
const alike: Record<string, string> = {
  'too-many-attempts': 'too-many-ceremonies',
  'sign-in-not-started-here': 'transaction-gone',
  internal: 'unexpected',
  'bad-request': 'unexpected',
  'not-json': 'unexpected',
  'body-too-large': 'unexpected',
  'foreign-origin': 'key-wrong-address',
  'credential-revoked': 'key-unknown',
}

/** Whether a reason id has words of its own or shares some. */
export function isKnown(reason: string): boolean {
  return Object.hasOwn(reasons.fr, reason) || Object.hasOwn(alike, reason)
}

/** The sentence for a reason id; that of `unexpected` for one that this page does not know. */
export function sentence(locale: Locale, reason: string): string {
  return reasons[locale][alike[reason] ?? reason] ?? catalogue[locale].unexpected
}
