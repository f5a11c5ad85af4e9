// Builds id's pages into dist/client: hashed assets and a manifest that the server reads. `node client/build.ts [--if-stale]`.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'

const client = dirname(fileURLToPath(import.meta.url))
const root = dirname(client)
const target = join(root, 'dist', 'client')
const stamp = join(target, '.sources')
// Built aside and put in its place whole: what serves from there never finds half of it.
const outDir = `${target}.${process.pid}`

/**
 * The pages, each an entry of the manifest under `<name>/main.tsx`, built in two goes: modules that both sides use would otherwise carry
 * what only the console needs of them to whoever signs in.
 */
const PAGES = [['signin', 'enrol', 'approve', 'account', 'release', 'reader'], ['console']]

/**
 * Vite has the sheets of a part fetched before the part. The pages have one sheet, which their shell names: what would look after others
 * weighs a twentieth of the sign-in page's script, and is left out. A part with a sheet of its own fails the build.
 */
const withoutSheetsOfParts: Plugin = {
  name: 'palier:without-sheets-of-parts',
  enforce: 'pre',
  load: {
    filter: { id: /^\0vite\/preload-helper/ },
    handler: () => 'export const __vitePreload = (load) => load()',
  },
}

const sources = fingerprint()
if (process.argv.includes('--if-stale') && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) process.exit(0)

// Whatever runs this (a test runner sets its own): what is built is what is served.
process.env['NODE_ENV'] = 'production'
const manifest: Record<string, { isDynamicEntry?: boolean; css?: string[] }> = {}
const manifestFile = join(outDir, '.vite', 'manifest.json')
for (const [go, pages] of PAGES.entries()) {
  await build({
    configFile: false,
    root: client,
    logLevel: 'warn',
    publicDir: false,
    plugins: go === 0 ? [withoutSheetsOfParts] : [],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: go === 0,
      manifest: true,
      // One small sheet for all pages, cached once; the console's own, and those of its parts, are loaded by the console alone.
      cssCodeSplit: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      target: 'es2022',
      rolldownOptions: {
        input: pages.map((page) => join(client, page, 'main.tsx')),
        // Libraries mark modules for servers that draw components: there are none here.
        onLog: (level, log, handle) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : handle(level, log)),
      },
    },
  })
  const built: typeof manifest = JSON.parse(readFileSync(manifestFile, 'utf8'))
  for (const [part, { isDynamicEntry, css }] of Object.entries(built)) {
    if (go === 0 && isDynamicEntry && css) throw new Error(`nothing would load the sheet of ${part}`)
  }
  Object.assign(manifest, built)
}
writeFileSync(manifestFile, JSON.stringify(manifest, null, 2))
mkdirSync(join(outDir, 'assets'), { recursive: true })
copyFileSync(join(client, 'shared', 'logo.svg'), join(outDir, 'assets', 'logo.svg'))
writeFileSync(join(outDir, '.sources'), sources)
rmSync(target, { recursive: true, force: true })
try {
  renameSync(outDir, target)
} catch (error) {
  // Another build of the same sources may have been as quick.
  rmSync(outDir, { recursive: true })
  if (!existsSync(stamp)) throw error
}

/** A hash over what the build is made from. */
function fingerprint(): string {
  const hash = createHash('sha256')
  const files = globSync('**/*.{ts,tsx,css,svg}', { cwd: client }).sort()
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(client, file)))
      .update('\0')
  hash.update(readFileSync(join(root, 'package-lock.json')))
  return hash.digest('hex')
}
