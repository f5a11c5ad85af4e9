// The built files on Workers: read through the static assets binding, each kept by the isolate once read.
import type { Asset, Assets } from '../platform/assets.ts'
import { sha256Base64Url } from '../platform/crypto.ts'

/** What the binding of Workers' static assets offers. */
export interface AssetsBinding {
  fetch(url: string): Promise<Response>
}

const FILE = /^(?:[A-Za-z0-9_-]|\.(?!\.))+(?:\/(?:[A-Za-z0-9_-]|\.(?!\.))+)*$/

/** Files of dist/client. Cloudflare compresses answers on their way out, so no compressed form is kept. */
export function workerAssets(binding: AssetsBinding): Assets {
  const files = new Map<string, Asset>()
  return {
    get: async (path) => {
      const known = files.get(path)
      if (known !== undefined) return known
      if (!FILE.test(path)) return null
      // The host is of no account: the binding looks at the path alone.
      const response = await binding.fetch(`https://assets.invalid/${path}`)
      if (response.status !== 200) {
        await response.body?.cancel()
        return null
      }
      const body = new Uint8Array(await response.arrayBuffer())
      const asset = {
        body,
        type: response.headers.get('Content-Type') ?? 'application/octet-stream',
        etag: `"${sha256Base64Url(body).slice(0, 22)}"`,
      }
      files.set(path, asset)
      return asset
    },
  }
}
