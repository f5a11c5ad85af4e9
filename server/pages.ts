// id's pages: a small shell each, whose script draws the rest, and the built files they use.
import { Hono } from 'hono'
import type { Config } from './config/config.ts'
import { renderErrorPage } from './errors/page.ts'
import { html, Markup } from './errors/plain-page.ts'
import { type Assets, builtPage, servedAsset } from './platform/assets.ts'
import { type Locale, localeOf } from './platform/locale.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const PAGES = {
  signin: { route: '/signin', fr: 'Se connecter', en: 'Sign in' },
  enrol: { route: '/enrol/:ticket', fr: 'Enregistrer une clé', en: 'Enrol a key' },
  approve: { route: '/approve/:approval', fr: 'Autoriser une lecture', en: 'Approve a reading' },
  account: { route: '/me', fr: 'Mon compte', en: 'My account' },
  release: { route: '/console/release/:release?', fr: 'Autorisation à deux', en: 'Release by two' },
  // One page for all of them: its script reads the address.
  console: { route: '/console/*', fr: 'Administration', en: 'Administration' },
} as const

type PageName = keyof typeof PAGES

export interface PageDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly assets: Assets
  /** Those that this address has; all where it does not say. */
  readonly pages?: readonly PageName[]
  /** Where `/` leads, and `/me` where that is another address's. */
  readonly home?: { readonly root: string; readonly me?: string }
}

/** Pages of id's own address where the console has another, and the console's pages at that one. */
export const ID_PAGES = ['signin', 'enrol', 'approve', 'account'] as const
export const CONSOLE_PAGES = ['signin', 'enrol', 'release', 'console'] as const

/** Serves the pages (`no-store`, strict content security policy), `/assets/*` (immutable where hashed) and `/` → `/me`. */
export function pageRoutes(deps: PageDeps): Hono {
  const app = new Hono()
  const headers = securityHeaders(deps.config)
  for (const name of deps.pages ?? (Object.keys(PAGES) as PageName[])) {
    app.get(PAGES[name].route, async (c) => {
      const locale = localeOf(c.req.raw.headers)
      const page = await shell(deps.assets, name, locale)
      if (page === null) return renderErrorPage({ reason: 'unavailable', locale, status: 503 })
      return new Response(page, {
        headers: {
          ...headers,
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Language': locale,
          'Cache-Control': 'no-store',
          Vary: 'Accept-Language, Cookie',
        },
      })
    })
  }
  const { root = '/me', me } = deps.home ?? {}
  app.get('/', (c) => c.redirect(root, 302))
  if (me !== undefined) app.get('/me', (c) => c.redirect(me, 302))
  app.get('/assets/:file', async (c) => {
    const asset = await deps.assets.get(`assets/${c.req.param('file')}`)
    if (asset === null)
      return renderErrorPage({ reason: 'not-found', locale: localeOf(c.req.raw.headers), status: 404 })
    return servedAsset(asset, c.req.raw.headers, headers, c.req.param('file'))
  })
  return app
}

function securityHeaders(config: Pick<Config, 'issuer'>): Record<string, string> {
  return {
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy':
      'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()',
    ...(config.issuer.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=63072000' } : {}),
  }
}

async function shell(assets: Assets, name: PageName, locale: Locale): Promise<string | null> {
  const built = await builtPage(assets, name)
  if (built === null) return null
  const styles = built.styles.map((style) => html`<link rel="stylesheet" href="/${style}">`.text).join('\n')
  const noScript =
    locale === 'fr'
      ? 'Cette page a besoin de JavaScript pour parler à votre clé de sécurité. Activez-le, puis rechargez.'
      : 'This page needs JavaScript to speak to your security key. Turn it on, then reload.'
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${PAGES[name][locale]} · Palier</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
${new Markup(styles)}
<script type="module" src="/${built.script}"></script>
</head>
<body><div id="app"><noscript>${new Markup('<main><h1>Palier</h1>')}<p>${noScript}</p>${new Markup('</main>')}</noscript></div></body>
</html>`.text
}
