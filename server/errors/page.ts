// Pages for errors met on the way (OpenID Connect, links): what happened and what to do, in plain words.
import type { Locale } from '../platform/locale.ts'
import { html, plainPage } from './plain-page.ts'

interface Words {
  readonly title: string
  readonly text: string
}

const REASONS = {
  'not-found': {
    fr: { title: 'Cette page n’existe pas', text: 'Vérifiez l’adresse, ou revenez à votre messagerie.' },
    en: { title: 'There is no such page', text: 'Check the address, or go back to your messenger.' },
  },
  'unknown-client': {
    fr: {
      title: 'Cette application n’est pas connue ici',
      text: 'Elle a demandé à vous connecter, mais personne ne l’a déclarée. Prévenez votre administrateur si vous pensiez pouvoir l’utiliser.',
    },
    en: {
      title: 'This application is not known here',
      text: 'It asked to sign you in, but nobody has registered it. Tell your administrator if you expected to use it.',
    },
  },
  'unregistered-redirect-uri': {
    fr: {
      title: 'L’adresse de retour n’est pas la bonne',
      text: 'Par prudence, vous n’y êtes pas envoyé. Repartez de votre messagerie ; si cela continue, prévenez votre administrateur.',
    },
    en: {
      title: 'The address to return to is not the right one',
      text: 'To be safe, you are not sent there. Start again from your messenger; if it goes on, tell your administrator.',
    },
  },
  'sign-in-not-started-here': {
    fr: {
      title: 'Cette connexion n’a pas commencé ici',
      text: 'Elle a peut-être été lancée par quelqu’un d’autre, ou trop longtemps avant. Repartez de votre messagerie et ne suivez pas de lien de connexion reçu.',
    },
    en: {
      title: 'This sign-in did not start here',
      text: 'Somebody else may have started it, or it was too long ago. Start again from your messenger, and follow no sign-in link that you were sent.',
    },
  },
  expired: {
    fr: {
      title: 'Ce lien a expiré',
      text: 'Repartez de votre messagerie, ou demandez un nouveau lien à votre administrateur.',
    },
    en: {
      title: 'This link has expired',
      text: 'Start again from your messenger, or ask your administrator for a new link.',
    },
  },
  'unknown-link': {
    fr: {
      title: 'Ce lien n’est pas connu',
      text: 'Il est incomplet ou a déjà servi. Ouvrez à nouveau celui que vous avez reçu, en entier.',
    },
    en: {
      title: 'This link is not known',
      text: 'It is not whole, or was used already. Open the one you were given again, all of it.',
    },
  },
  'other-person': {
    fr: {
      title: 'Ce lien est pour une autre personne',
      text: 'Connectez-vous avec la clé de la personne concernée, ou fermez cette page.',
    },
    en: {
      title: 'This link is for another person',
      text: 'Sign in with the key of the person it concerns, or close this page.',
    },
  },
  'bad-request': {
    fr: {
      title: 'Cette demande est mal formée',
      text: 'Repartez de votre messagerie ; si cela continue, prévenez votre administrateur.',
    },
    en: {
      title: 'This request is malformed',
      text: 'Start again from your messenger; if it goes on, tell your administrator.',
    },
  },
  'oversized-request': {
    fr: {
      title: 'Cette demande est trop longue',
      text: 'Repartez de votre messagerie ; si cela continue, prévenez votre administrateur.',
    },
    en: {
      title: 'This request is too long',
      text: 'Start again from your messenger; if it goes on, tell your administrator.',
    },
  },
  'transaction-gone': {
    fr: {
      title: 'Cette connexion a expiré',
      text: 'Elle a attendu trop longtemps, ou a déjà servi. Repartez de l’application où vous vouliez vous connecter.',
    },
    en: {
      title: 'This sign-in has expired',
      text: 'It waited too long, or was used already. Start again from the application you wanted to sign in to.',
    },
  },
  'too-many-attempts': {
    fr: { title: 'Trop d’essais en peu de temps', text: 'Attendez une minute, puis repartez de votre messagerie.' },
    en: { title: 'Too many tries in a short time', text: 'Wait a minute, then start again from your messenger.' },
  },
  unavailable: {
    fr: { title: 'Le service est momentanément arrêté', text: 'Réessayez dans quelques instants. Rien n’est perdu.' },
    en: { title: 'The service is down for a moment', text: 'Try again shortly. Nothing is lost.' },
  },
  internal: {
    fr: {
      title: 'Quelque chose a mal tourné de notre côté',
      text: 'Réessayez dans un instant ; si cela continue, prévenez votre administrateur.',
    },
    en: {
      title: 'Something went wrong on our side',
      text: 'Try again in a moment; if it goes on, tell your administrator.',
    },
  },
} satisfies Record<string, Record<Locale, Words>>

export type ErrorPageReason = keyof typeof REASONS

export interface ErrorPage {
  /** A reason id. One that is not known here is shown as `bad-request` below 500 and as `internal` from there on. */
  readonly reason: string
  readonly locale: Locale
  readonly status: number
}

/** The error page: what happened and what to do, in the person's language. No script, nothing fetched. */
export function renderErrorPage({ reason, locale, status }: ErrorPage): Response {
  const known: ErrorPageReason = isKnown(reason) ? reason : status < 500 ? 'bad-request' : 'internal'
  const words = REASONS[known][locale]
  return plainPage({
    locale,
    status,
    title: words.title,
    body: html`<p>${words.text}</p><p class="soft">${reason}</p>`,
  })
}

function isKnown(reason: string): reason is ErrorPageReason {
  return Object.hasOwn(REASONS, reason)
}
