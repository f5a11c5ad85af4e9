// The page of a browser client at an origin of its own: matrix-js-sdk as npm ships it, bundled, and nothing else.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { extname, join } from 'node:path'
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

/** Bundles and serves the page; `window.sdk` is the library. */
export async function serveBrowserClient(): Promise<BrowserClient> {
  // Inside the clone, so that the library is found.
  const root = mkdtempSync(
    join(fileURLToPath(new URL('../../node_modules/', import.meta.url)), '.palier-browser-client-'),
  )
  writeFileSync(join(root, 'main.js'), `import * as sdk from 'matrix-js-sdk'\nwindow.sdk = sdk\n`)
  writeFileSync(
    join(root, 'index.html'),
    '<!doctype html><title>client</title><script type="module" src="/main.js"></script>',
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
