// The gateway's own pages: where a login ends, and what went wrong. Plain HTML, no script, in French and English.
import { sha256 } from '../platform/crypto.ts'

const STYLE = `:root{color-scheme:light dark;font:1.0625rem/1.55 system-ui,sans-serif}body{margin:0;background:#f5f6f8;color:#16181d}
main{box-sizing:border-box;max-width:32rem;margin:4rem auto;padding:2rem;background:#fff;border-radius:.75rem}h1{font-size:1.375rem;margin:0 0 1rem}
dl{margin:0 0 1.5rem}dt{font-size:.875rem;color:#4a4f5a}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
a{display:inline-block;padding:.75rem 1.25rem;border-radius:.5rem;background:#0b4f9e;color:#fff;text-decoration:none;font-weight:600}
a:focus-visible{outline:3px solid #f2a900;outline-offset:3px}
@media(prefers-color-scheme:dark){body{background:#111318;color:#eceef2}main{background:#1c1f26}dt{color:#b3b9c5}a{background:#9cc5ff;color:#0a1a2e}}
@media(max-width:32rem){main{margin:0;border-radius:0}}`
const STYLE_HASH = Buffer.from(sha256(STYLE)).toString('base64')

export type Language = 'fr' | 'en'

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

const REASONS: Readonly<Record<Language, Readonly<Record<PageReason, string>>>> = {
  en: {
    'redirect-not-allowed': 'This application is not among those that may sign in here. Ask your administrator to add its address.',
    'not-understood': 'This address is incomplete or was changed. Start again from your application.',
    'other-browser':
      'This sign-in was not begun in this browser, has been used, or is too old. If someone sent you the link, tell your administrator. Nothing was released.',
    'sign-in-refused': 'The sign-in was not completed. Start again from your application.',
    'homeserver-unreachable': 'The message server does not answer. Try again in a moment.',
    'homeserver-setting': 'The message server is not set up for this sign-in. Your administrator has to change the setting named here; “palier doctor” checks it.',
    'homeserver-refused': 'The message server refused the sign-in. Start again from your application.',
    'confirmation-unknown':
      'There is nothing to confirm here: the request is unknown, was confirmed, or comes from another network or browser than the application that asks.',
    'nothing-here': 'There is nothing at this address. Start from your application.',
  },
  fr: {
    'redirect-not-allowed': "Cette application n'est pas de celles qui peuvent se connecter ici. Demandez à votre administrateur d'ajouter son adresse.",
    'not-understood': "Cette adresse est incomplète ou a été modifiée. Recommencez depuis votre application.",
    'other-browser':
      "Cette connexion n'a pas été commencée dans ce navigateur, a déjà servi, ou est trop ancienne. Si quelqu'un vous a envoyé le lien, prévenez votre administrateur. Rien n'a été délivré.",
    'sign-in-refused': "La connexion n'a pas abouti. Recommencez depuis votre application.",
    'homeserver-unreachable': 'Le serveur de messagerie ne répond pas. Réessayez dans un instant.',
    'homeserver-setting': "Le serveur de messagerie n'est pas réglé pour cette connexion. Votre administrateur doit changer le réglage nommé ici ; « palier doctor » le vérifie.",
    'homeserver-refused': 'Le serveur de messagerie a refusé la connexion. Recommencez depuis votre application.',
    'confirmation-unknown':
      "Il n'y a rien à confirmer ici : la demande est inconnue, a déjà été confirmée, ou vient d'un autre réseau ou navigateur que l'application qui demande.",
    'nothing-here': "Il n'y a rien à cette adresse. Partez de votre application.",
  },
}

const WORDS = {
  en: { title: 'Sign in to this application?', who: 'Account', client: 'Application', network: 'Your network', go: 'Continue', failed: 'This did not work', setting: 'Setting' },
  fr: { title: 'Se connecter à cette application ?', who: 'Compte', client: 'Application', network: 'Votre réseau', go: 'Continuer', failed: "Cela n'a pas marché", setting: 'Réglage' },
} as const

/** French when the browser asks for French before English. */
export function languageOf(acceptLanguage: string | null): Language {
  const first = (acceptLanguage ?? '').toLowerCase().match(/\b(fr|en)\b/)
  return first?.[1] === 'fr' ? 'fr' : 'en'
}

/** Asks the person to continue to the client; `href` carries Palier's login token. */
export function confirmationPage(
  language: Language,
  shown: { readonly userId: string; readonly client: string; readonly network: string; readonly href: string },
): Response {
  const words = WORDS[language]
  return page(language, words.title, 200, `<dl>${row(words.who, shown.userId)}${row(words.client, shown.client)}${row(words.network, shown.network)}</dl>
<p><a data-action="continue" href="${escapeHtml(shown.href)}" rel="noreferrer">${words.go}</a></p>`)
}

/** Says what went wrong, and leads nowhere. */
export function failurePage(language: Language, status: number, reason: PageReason, setting?: string): Response {
  const words = WORDS[language]
  const detail = setting === undefined ? '' : `<dl>${row(words.setting, setting)}</dl>`
  return page(language, words.failed, status, `<p data-reason="${reason}">${escapeHtml(REASONS[language][reason])}</p>${detail}`)
}

function page(language: Language, title: string, status: number, body: string): Response {
  const html = `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  })
}

function row(term: string, text: string): string {
  return `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
