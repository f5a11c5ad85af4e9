// Serves the sample reader page on an origin of its own: a browser client of the gateway, like any other.
import { Hono } from 'hono'
import type { Assets } from '../platform/assets.ts'

export interface ReaderDeps {
  readonly gatewayUrl: string
  /** What stands behind the gateway: the page says so. */
  readonly kind: 'sample' | 'synapse'
  readonly assets: Assets
}

/** The page, its configuration, its built files. */
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
    'Cache-Control': 'no-store',
  }
  const app = new Hono()
  app.get('/', async (c) => {
    const page = await shell(deps.assets)
    if (page === null) return c.text('The reader is not built: run `npm run build`.', 503)
    return c.html(page, 200, headers)
  })
  app.get('/config.json', (c) => c.json({ gateway_url: deps.gatewayUrl, kind: deps.kind }, 200, headers))
  app.get('/assets/:file', async (c) => {
    const asset = await deps.assets.get(`assets/${c.req.param('file')}`)
    if (asset === null) return c.text('Not found', 404, headers)
    return new Response(asset.body, { headers: { ...headers, 'Content-Type': asset.type } })
  })
  return app
}

async function shell(assets: Assets): Promise<string | null> {
  const file = await assets.get('.vite/manifest.json')
  if (file === null) return null
  const manifest = JSON.parse(new TextDecoder().decode(file.body)) as Readonly<Record<string, { file: string } | undefined>>
  const script = manifest['reader/main.tsx']?.file
  const style = manifest['style.css']?.file
  if (script === undefined || style === undefined) return null
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Palier · lecteur d’essai</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/${style}">
<script type="module" src="/${script}"></script>
</head>
<body><div id="app"></div></body>
</html>`
}
