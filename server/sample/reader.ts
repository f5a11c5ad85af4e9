// Serves the sample reader page on an origin of its own: a browser client of the gateway, like any other.
import { Hono } from 'hono'
import { html, Markup } from '../errors/plain-page.ts'
import { type Assets, builtPage, servedAsset } from '../platform/assets.ts'
import { type Locale, localeOf } from '../platform/locale.ts'

export interface ReaderDeps {
  readonly gatewayUrl: string
  /** id's address: where a person sees the prompts that wait. */
  readonly issuer: string
  /** What stands behind the gateway: the page says so. */
  readonly kind: 'sample' | 'synapse'
  readonly assets: Assets
}

const TITLE: Readonly<Record<Locale, string>> = { fr: 'Lecteur d’essai', en: 'Sample reader' }
const NO_SCRIPT: Readonly<Record<Locale, string>> = {
  fr: 'Cette page a besoin de JavaScript. Activez-le, puis rechargez.',
  en: 'This page needs JavaScript. Turn it on, then reload.',
}

/** The page (`no-store`), `/config.json`, and its built files (immutable where hashed). Its policy admits the gateway alone. */
export function readerApp(deps: ReaderDeps): Hono {
  const headers = {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${deps.gatewayUrl}`,
      "form-action 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'publickey-credentials-get=(), camera=(), microphone=(), geolocation=()',
  }
  const app = new Hono()
  app.get('/', async (c) => {
    const locale = localeOf(c.req.raw.headers)
    const page = await shell(deps.assets, locale)
    if (page === null) return c.text('The reader is not built: run `npm run build`.', 503)
    return c.html(page, 200, {
      ...headers,
      'Content-Language': locale,
      'Cache-Control': 'no-store',
      Vary: 'Accept-Language, Cookie',
    })
  })
  app.get('/config.json', (c) =>
    c.json({ gateway_url: deps.gatewayUrl, companion_url: `${deps.issuer}/me`, kind: deps.kind }, 200, {
      ...headers,
      'Cache-Control': 'no-store',
    }),
  )
  app.get('/assets/:file', async (c) => {
    const file = c.req.param('file')
    const asset = await deps.assets.get(`assets/${file}`)
    return asset === null ? c.text('Not found', 404, headers) : servedAsset(asset, c.req.raw.headers, headers, file)
  })
  app.notFound((c) => c.text('Not found', 404, headers))
  return app
}

async function shell(assets: Assets, locale: Locale): Promise<string | null> {
  const built = await builtPage(assets, 'reader')
  if (built === null) return null
  const styles = built.styles.map((style) => html`<link rel="stylesheet" href="/${style}">`.text).join('\n')
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE[locale]} · Palier</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
${new Markup(styles)}
<script type="module" src="/${built.script}"></script>
</head>
<body><div id="app"><noscript><main><h1>Palier</h1><p>${NO_SCRIPT[locale]}</p></main></noscript></div></body>
</html>`.text
}
