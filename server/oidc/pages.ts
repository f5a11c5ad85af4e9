// The provider's own small pages: an answer by form_post, and the question whether to sign out.
import { sha256 } from '../platform/crypto.ts'

const SUBMIT = 'document.forms[0].submit()'
const SUBMIT_HASH = `'sha256-${Buffer.from(sha256(SUBMIT)).toString('base64')}'`

const TEXTS = {
  en: { go: 'Continue', ask: 'Sign out?', yes: 'Sign out', done: 'You are signed out.' },
  fr: { go: 'Continuer', ask: 'Se déconnecter ?', yes: 'Se déconnecter', done: 'Vous êtes déconnecté.' },
}

type Language = keyof typeof TEXTS

/** A page to send within a request's own response, so that cookies set on the way stay. */
export interface Page {
  readonly html: string
  readonly headers: Record<string, string>
}

/** French when the browser asks for it first, English otherwise. */
export function languageOf(acceptLanguage: string | undefined): Language {
  return /^\s*fr\b/i.test(acceptLanguage ?? '') ? 'fr' : 'en'
}

/** OAuth 2.0 Form Post Response Mode §2: the parameters, posted to the verified redirect URI. */
export function formPostPage(
  redirectUri: string,
  parameters: Readonly<Record<string, string>>,
  language: Language,
): Page {
  const inputs = Object.entries(parameters)
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('')
  const body = `<form method="post" action="${escaped(redirectUri)}">${inputs}<button>${TEXTS[language].go}</button></form>
<script>${SUBMIT}</script>`
  return page(language, TEXTS[language].go, body, `script-src ${SUBMIT_HASH}`, 'strict-origin')
}

/** Asks before it signs out (OIDC RP-Initiated Logout 1.0 §2). */
export function signOutQuestion(language: Language): Page {
  const { ask, yes } = TEXTS[language]
  const body = `<h1>${ask}</h1><form method="post" action="/oidc/end_session"><input type="hidden" name="confirm" value="yes">
<button data-action="sign-out">${yes}</button></form>`
  return page(language, ask, body, `form-action 'self'`, 'same-origin')
}

/** Says that it signed out. */
export function signedOutPage(language: Language): Page {
  const { done } = TEXTS[language]
  return page(language, done, `<h1>${done}</h1>`, `form-action 'none'`, 'no-referrer')
}

/**
 * Of the referrer policies none gives away the address with its secrets; but under `no-referrer` a browser posts a form with
 * `Origin: null` (Fetch §3.2), which is refused here, and by relying parties that look.
 */
function page(
  language: Language,
  title: string,
  body: string,
  policy: string,
  referrer: 'no-referrer' | 'same-origin' | 'strict-origin',
): Page {
  const html = `<!doctype html><html lang="${language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><main>${body}</main></html>`
  return {
    html,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': referrer,
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': `default-src 'none'; base-uri 'none'; frame-ancestors 'none'; ${policy}`,
    },
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
