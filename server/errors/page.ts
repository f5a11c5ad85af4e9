// Pages that need no script: errors met on the way (OpenID Connect, links), and plain pages of other parts. Whole in themselves:
// their style is inline and allowed by its hash, so they can be shown from any origin and when nothing else works.
import { sha256 } from '../platform/crypto.ts'
import type { Locale } from '../platform/locale.ts'

const STYLE = `:root{color-scheme:light dark;--paper:#f5f2ec;--sheet:#fffdf9;--ink:#20242b;--soft:#585e68;--line:#ddd6ca;--accent:#0b6b63;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--sheet:#1c2127;--ink:#ece8e1;--soft:#a9b0ba;--line:#323943;--accent:#7fd6c9;--on:#08302c}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
body{margin:0;min-height:100vh}
header{display:flex;align-items:center;gap:.5rem;padding:1rem clamp(1rem,4vw,2.5rem);font:600 1.375rem/1 ui-serif,"Iowan Old Style",Georgia,"Liberation Serif",serif}
svg{width:2rem;height:2rem;fill:none;stroke:currentcolor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.landing{stroke:var(--accent);stroke-width:4}
main{max-width:36rem;margin:clamp(.5rem,5vh,4rem) auto 2rem;padding:0 1rem}
.sheet{background:var(--sheet);border:1px solid var(--line);border-radius:1.25rem;padding:clamp(1.25rem,5vw,2.5rem);overflow-wrap:anywhere}
h1{font:600 clamp(1.625rem,1.3rem + 1.6vw,2.125rem)/1.2 ui-serif,"Iowan Old Style",Georgia,"Liberation Serif",serif;margin:0 0 .75rem}
p{margin:0 0 1rem}
.soft{color:var(--soft);margin:0;font-size:.9375rem}
dl{margin:1.5rem 0;border-top:1px solid var(--line)}
dl>div{display:grid;grid-template-columns:minmax(6.5rem,9rem) 1fr;gap:.15rem 1rem;padding:.75rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.sheet>:last-child{margin-bottom:0}
a{color:var(--accent)}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;padding:.5rem 1.25rem;border:1px solid transparent;border-radius:.75rem;background:var(--accent);color:var(--on);font-weight:600;text-decoration:none}
.primary{display:flex;min-height:3.5rem;font-size:1.125rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
@media(max-width:30rem){dl>div{grid-template-columns:1fr}.sheet{border-radius:1rem}}
@media(forced-colors:active){.button{border:2px solid}}`

const STYLE_HASH = btoa(String.fromCharCode(...sha256(STYLE)))

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

/** Text that is safe to put into a page as it is: made by `html` only. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A template of markup: every value is escaped, except markup made by this function. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup)[]): Markup {
  return new Markup(
    parts.reduce((whole, part, index) => {
      const value = values[index - 1]
      return `${whole}${value instanceof Markup ? value.text : escaped(String(value))}${part}`
    }),
  )
}

export interface PlainPage {
  readonly locale: Locale
  readonly status: number
  readonly title: string
  readonly body: Markup
}

/** A page in Palier's dress without script. Links may carry `class="button"`; forms are not allowed. */
export function plainPage({ locale, status, title, body }: PlainPage): Response {
  const page = html`<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Palier</title><style>${new Markup(STYLE)}</style></head>
<body><header><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M3 28.5h4v-5h4v-5"/><path d="M21 18.5v-5h4v-5h4"/><path class="landing" d="M11 18.5h10"/></svg>Palier</header>
<main><div class="sheet"><h1>${title}</h1>${body}</div></main></body>
</html>`
  return new Response(page.text, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': locale,
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    },
  })
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
