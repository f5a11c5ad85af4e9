// The built files on Node: read and compressed once, when the server starts, so that no request names a file on disk.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Asset, Assets } from './assets.ts'
import { sha256Base64Url } from './crypto.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.html': 'text/html; charset=utf-8',
}

/** Reads every file under `folder` (dist/client). Throws, with what to run, when the pages were not built. */
export function nodeAssets(folder: string): Assets {
  const files = new Map<string, Asset>()
  for (const path of listed(folder)) {
    const type = TYPES[extname(path)]
    if (type === undefined) continue
    const body = new Uint8Array(readFileSync(path))
    const gzip = new Uint8Array(gzipSync(body, { level: 9 }))
    files.set(relative(folder, path).split(sep).join('/'), {
      body,
      type,
      etag: `"${sha256Base64Url(body).slice(0, 22)}"`,
      ...(gzip.length < body.length ? { gzip } : {}),
    })
  }
  return { get: (path) => files.get(path) ?? null }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (cause) {
    throw new Error(`the pages are not built in ${folder}: run \`npm run build\``, { cause })
  }
}
