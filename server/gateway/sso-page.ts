// The gateway's own pages: where a login ends, and what went wrong. Plain HTML, no script, in French and English.
import { html, type Markup, plainPage } from '../errors/plain-page.ts'
import type { Locale } from '../platform/locale.ts'

export type PageReason =
  | 'redirect-not-allowed'
  | 'not-understood'
  | 'other-browser'
  | 'sign-in-refused'
  | 'homeserver-unreachable'
  | 'homeserver-setting'
  | 'homeserver-refused'
  | 'confirmation-unknown'
  | 'nothing-here'

const REASONS: Readonly<Record<Locale, Readonly<Record<PageReason, string>>>> = {
  en: {
    'redirect-not-allowed':
      'This application is not among those that may sign in here. Ask your administrator to add its address.',
    'not-understood': 'This address is incomplete or was changed. Start again from your application.',
    'other-browser':
      'This sign-in was not begun in this browser, has been used, or is too old. If someone sent you the link, tell your administrator. Nothing was released.',
    'sign-in-refused': 'The sign-in was not completed. Start again from your application.',
    'homeserver-unreachable': 'The message server does not answer. Try again in a moment.',
    'homeserver-setting':
      'The message server is not set up for this sign-in. Your administrator has to change the setting named here; “palier doctor” checks it.',
    'homeserver-refused': 'The message server refused the sign-in. Start again from your application.',
    'confirmation-unknown':
      'There is nothing to confirm here: the request is unknown, was confirmed, or comes from another network or browser than the application that asks.',
    'nothing-here': 'There is nothing at this address. Start from your application.',
  },
  fr: {
    'redirect-not-allowed':
      'Cette application n’est pas de celles qui peuvent se connecter ici. Demandez à votre administrateur d’ajouter son adresse.',
    'not-understood': 'Cette adresse est incomplète ou a été modifiée. Recommencez depuis votre application.',
    'other-browser':
      'Cette connexion n’a pas été commencée dans ce navigateur, a déjà servi, ou est trop ancienne. Si quelqu’un vous a envoyé le lien, prévenez votre administrateur. Rien n’a été délivré.',
    'sign-in-refused': 'La connexion n’a pas abouti. Recommencez depuis votre application.',
    'homeserver-unreachable': 'Le serveur de messagerie ne répond pas. Réessayez dans un instant.',
    'homeserver-setting':
      'Le serveur de messagerie n’est pas réglé pour cette connexion. Votre administrateur doit changer le réglage nommé ici ; « palier doctor » le vérifie.',
    'homeserver-refused': 'Le serveur de messagerie a refusé la connexion. Recommencez depuis votre application.',
    'confirmation-unknown':
      'Il n’y a rien à confirmer ici : la demande est inconnue, a déjà été confirmée, ou vient d’un autre réseau ou navigateur que l’application qui demande.',
    'nothing-here': 'Il n’y a rien à cette adresse. Partez de votre application.',
  },
}

const WORDS = {
  en: {
    title: 'Continue to this application?',
    lead: 'Your sign-in was accepted. Continue only if you have just asked to sign in there.',
    who: 'Account',
    client: 'Application',
    network: 'Your network',
    go: 'Continue',
    not: 'If you did not ask for it, close this page: nothing will happen.',
    failed: 'This did not work',
    setting: 'Setting',
  },
  fr: {
    title: 'Continuer vers cette application ?',
    lead: 'Votre connexion a été acceptée. Ne continuez que si vous venez de demander à vous y connecter.',
    who: 'Compte',
    client: 'Application',
    network: 'Votre réseau',
    go: 'Continuer',
    not: 'Si vous ne l’avez pas demandé, fermez cette page : il ne se passera rien.',
    failed: 'Cela n’a pas marché',
    setting: 'Réglage',
  },
} as const

/** Asks the person to continue to the client; `href` carries Palier's login token. */
export function confirmationPage(
  locale: Locale,
  shown: { readonly userId: string; readonly client: string; readonly network: string; readonly href: string },
): Response {
  const words = WORDS[locale]
  const facts = html`${row(words.who, shown.userId)}${row(words.client, shown.client)}${row(words.network, shown.network)}`
  const body = html`<p>${words.lead}</p><dl>${facts}</dl>
<p><a class="button primary" data-action="continue" href="${shown.href}" rel="noreferrer">${words.go}</a></p><p class="soft">${words.not}</p>`
  return plainPage({ locale, status: 200, title: words.title, body })
}

/** Says what went wrong, and leads nowhere. */
export function failurePage(locale: Locale, status: number, reason: PageReason, setting?: string): Response {
  const words = WORDS[locale]
  const said = html`<p data-reason="${reason}">${REASONS[locale][reason]}</p>`
  const body = setting === undefined ? said : html`${said}<dl>${row(words.setting, setting)}</dl>`
  return plainPage({ locale, status, title: words.failed, body })
}

function row(term: string, text: string): Markup {
  return html`<div><dt>${term}</dt><dd><bdi>${text}</bdi></dd></div>`
}
