// Serves the page of a browser client (browser-page.ts, living-page.ts) at an origin of its own, matrix-js-sdk bundled as npm ships it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
}

export interface BrowserClient {
  readonly url: string
  stop(): Promise<void>
}

/** Bundles and serves a page. */
export async function serveBrowserClient(script = new URL('browser-page.ts', import.meta.url)): Promise<BrowserClient> {
  // Inside the clone, so that the library is found.
  const root = mkdtempSync(fileURLToPath(new URL('../../node_modules/.palier-browser-client-', import.meta.url)))
  const page = fileURLToPath(script)
  writeFileSync(join(root, 'main.ts'), `import ${JSON.stringify(page)}\n`)
  writeFileSync(
    join(root, 'index.html'),
    '<!doctype html><title>client</title><script type="module" src="/main.ts"></script>',
  )
  const outDir = join(root, 'out')
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    build: { outDir, minify: false, target: 'es2022' },
  })
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    const file = join(outDir, path === '/' ? 'index.html' : path.replaceAll('..', ''))
    if (existsSync(file))
      response
        .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
        .end(readFileSync(file))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    stop: async () => {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      rmSync(root, { recursive: true, force: true })
    },
  }
}
