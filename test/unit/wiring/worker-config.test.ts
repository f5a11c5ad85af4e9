import { describe, expect, test } from 'vitest'
import { workerConfig } from '../../../server/wiring/worker-config.ts'

const SECRET = 'k3v8Zq0Wm5Rt7Yb2Nc9Xd4Lf6Hg1Js8PaQw'
const GOOD = {
  PALIER_ISSUER: 'https://id.example.org',
  PALIER_GATEWAY_URL: 'https://matrix.example.org',
  PALIER_ROLES: 'id',
  PALIER_SECRET: SECRET,
  // What else is bound to a Worker is not a setting.
  HYPERDRIVE: { connectionString: 'postgres://…' },
  CLIENT_ADDRESS_HEADER: 'CF-Connecting-IP',
}

describe("a Worker's configuration", () => {
  test('is its vars and secrets, also those that wrangler.toml makes numbers of', () => {
    const loaded = workerConfig({ ...GOOD, PALIER_HOLD: 7 })
    expect(loaded).toMatchObject({
      ok: true,
      config: { issuer: GOOD.PALIER_ISSUER, holdSeconds: 7, secrets: [SECRET] },
    })
  })

  test.each([
    ['PALIER_SECRET', { PALIER_SECRET: '' }],
    ['PALIER_SECRET', { PALIER_SECRET: '', PALIER_ISSUER: 'http://localhost:8787' }],
    ['PALIER_SECRET', { PALIER_SECRET: 'a'.repeat(64) }],
    ['PALIER_ROLES', { PALIER_ROLES: 'id,gateway' }],
    ['PALIER_ROLES', { PALIER_ROLES: '' }],
    ['PALIER_CONFIG', { PALIER_CONFIG: 'palier.yaml' }],
    ['PALIER_DATABASE_URL', { PALIER_DATABASE_URL: 'postgres://u:hunter2@db/palier' }],
    ['PALIER_HOLD', { PALIER_HOLD: 'soon' }],
  ])('%s is named when it will not do here: %j', (name, change) => {
    const loaded = workerConfig({ ...GOOD, ...change })
    expect(loaded.ok).toBe(false)
    const mistakes = loaded.ok ? [] : loaded.mistakes
    expect(mistakes.map((mistake) => mistake.name)).toEqual([name])
    expect(JSON.stringify(mistakes)).not.toMatch(/hunter2|aaaa/)
  })
})
