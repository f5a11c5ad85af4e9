// The built files of id's pages: a port, because Node reads them from disk and Workers from their assets binding.

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  /** Quoted, strong (RFC 9110 §8.8.3). */
  readonly etag: string
  /** The same, compressed, where that is shorter. */
  readonly gzip?: Uint8Array<ArrayBuffer>
}

export interface Assets {
  /** A built file by its path under dist/client, without a leading slash, or null when there is none. Never leaves that folder. */
  get(path: string): Promise<Asset | null> | Asset | null
}

/**
 * The answer that serves a built file: compressed where the browser takes it, 304 where it has it, and for ever where its name
 * carries its hash (RFC 9110 §13.1.2, RFC 8246).
 */
export function servedAsset(asset: Asset, request: Headers, headers: Record<string, string>, file: string): Response {
  const hashed = /-[A-Za-z0-9_-]{8}\.[a-z]+$/.test(file)
  const shared = {
    ...headers,
    ETag: asset.etag,
    Vary: 'Accept-Encoding',
    'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (request.get('If-None-Match') === asset.etag) return new Response(null, { status: 304, headers: shared })
  const zipped = asset.gzip !== undefined && /\bgzip\b/.test(request.get('Accept-Encoding') ?? '')
  return new Response(zipped ? asset.gzip : asset.body, {
    headers: { ...shared, 'Content-Type': asset.type, ...(zipped ? { 'Content-Encoding': 'gzip' } : {}) },
  })
}

interface Built {
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
}

/** What a page's shell names: its module, and the style sheets of that module and of those it imports, in their order. */
export interface BuiltPage {
  readonly script: string
  readonly styles: readonly string[]
}

/** The built page of `<name>/main.tsx` from the build's manifest, or null when it is not there. What is loaded later is not in it. */
export async function builtPage(assets: Assets, name: string): Promise<BuiltPage | null> {
  const file = await assets.get('.vite/manifest.json')
  if (file === null) return null
  const manifest = JSON.parse(new TextDecoder().decode(file.body)) as Readonly<Record<string, Built | undefined>>
  const styles = new Set<string>()
  const seen = new Set<string>()
  const walk = (entry: string): void => {
    const built = manifest[entry]
    if (built === undefined || seen.has(entry)) return
    seen.add(entry)
    // What a module imports comes before it: its own sheet may overrule theirs.
    for (const next of built.imports ?? []) walk(next)
    for (const style of built.css ?? []) styles.add(style)
  }
  walk(`${name}/main.tsx`)
  const script = manifest[`${name}/main.tsx`]?.file
  return script === undefined || styles.size === 0 ? null : { script, styles: [...styles] }
}
