// The provider's own small pages: an answer by form_post, and the question whether to sign out.
import { html, type PageParts, plainPageParts } from '../errors/plain-page.ts'
import type { Locale } from '../platform/locale.ts'

const SUBMIT = 'document.forms[0].submit()'

const TEXTS = {
  en: {
    go: 'Continue',
    ask: 'Sign out?',
    yes: 'Sign out',
    stay: 'To stay signed in, close this page.',
    done: 'You are signed out',
    next: 'You can close this page. To come back, sign in with your security key.',
  },
  fr: {
    go: 'Continuer',
    ask: 'Se déconnecter ?',
    yes: 'Se déconnecter',
    stay: 'Pour rester connecté, fermez cette page.',
    done: 'Vous êtes déconnecté',
    next: 'Vous pouvez fermer cette page. Pour revenir, connectez-vous avec votre clé de sécurité.',
  },
} satisfies Record<Locale, Record<string, string>>

/** OAuth 2.0 Form Post Response Mode §2: the parameters, posted to the verified redirect URI. */
export function formPostPage(
  redirectUri: string,
  parameters: Readonly<Record<string, string>>,
  locale: Locale,
): PageParts {
  const inputs = Object.entries(parameters).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const { go } = TEXTS[locale]
  const fields = inputs.reduce((all, input) => html`${all}${input}`, html``)
  return plainPageParts({
    locale,
    status: 200,
    title: go,
    body: html`<form method="post" action="${redirectUri}">${fields}<button class="button">${go}</button></form>`,
    formAction: null,
    script: SUBMIT,
    // Relying parties that look at Origin must find ours.
    referrerPolicy: 'strict-origin',
  })
}

/** Asks before it signs out (OIDC RP-Initiated Logout 1.0 §2). */
export function signOutQuestion(locale: Locale): PageParts {
  const { ask, yes, stay } = TEXTS[locale]
  return plainPageParts({
    locale,
    status: 200,
    title: ask,
    body: html`<form method="post" action="/oidc/end_session"><input type="hidden" name="confirm" value="yes">
<p><button class="button" data-action="sign-out">${yes}</button></p></form><p class="soft">${stay}</p>`,
    formAction: "'self'",
    referrerPolicy: 'same-origin',
  })
}

/** Says that it signed out. */
export function signedOutPage(locale: Locale): PageParts {
  const { done, next } = TEXTS[locale]
  return plainPageParts({ locale, status: 200, title: done, body: html`<p>${next}</p>` })
}
