// The configuration of a Worker: its vars and secrets, read by the same parser as everywhere.
import type { Config } from '../config/config.ts'
import { type Loaded, loadConfig, type Mistake } from '../config/load.ts'
import { secretWeakness } from '../platform/seal-strength.ts'

/** The configuration in a Worker's bindings, or every mistake in it. What only Node can do is a mistake here. */
export function workerConfig(env: object): Loaded {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    // A number or a boolean is what wrangler.toml makes of an unquoted value.
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      settings[name] = String(value)
  }
  const loaded = loadConfig(settings)
  const own = mistakesHere(settings, loaded.ok ? loaded.config : null)
  if (own.length === 0) return loaded
  return { ok: false, mistakes: loaded.ok ? own : [...loaded.mistakes, ...own] }
}

function mistakesHere(settings: Readonly<Record<string, string>>, config: Config | null): Mistake[] {
  const mistakes: Mistake[] = []
  if (settings.PALIER_CONFIG !== undefined) {
    mistakes.push({ name: 'PALIER_CONFIG', got: 'a file', wants: 'vars and secrets: a Worker has no files' })
  }
  if (settings.PALIER_DATABASE_URL !== undefined) {
    mistakes.push({ name: 'PALIER_DATABASE_URL', got: 'a value, not shown', wants: 'the HYPERDRIVE binding instead' })
  }
  if (config === null) return mistakes
  if (config.secrets === null) {
    mistakes.push({
      name: 'PALIER_SECRET',
      got: 'nothing',
      wants: 'a secret (`npx wrangler secret put PALIER_SECRET`)',
    })
  }
  for (const weakness of (config.secrets ?? []).map(secretWeakness)) {
    if (weakness !== null)
      mistakes.push({ name: 'PALIER_SECRET', got: `a weak secret: ${weakness}`, wants: '`openssl rand -base64 48`' })
  }
  if (config.roles.includes('gateway')) {
    mistakes.push({ name: 'PALIER_ROLES', got: config.roles.join(','), wants: '`id`: the gateway runs on Node only' })
  }
  return mistakes
}
