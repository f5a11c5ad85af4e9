import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeMistakes, loadConfig } from '../../../server/config/load.ts'
import { configurationReference } from '../../../server/config/reference.ts'
import { SETTINGS } from '../../../server/config/settings.ts'

const fixtures = new URL('./fixtures/', import.meta.url)

describe('a bad configuration file', () => {
  for (const file of readdirSync(fixtures)) {
    it(`is refused with the name, what was found and what is wanted: ${file}`, () => {
      const text = readFileSync(new URL(file, fixtures), 'utf8')
      const expected = (text.split('\n')[0] ?? '').replace('# expect: ', '').split(' · ')
      const loaded = loadConfig({}, text)
      const mistakes = loaded.ok ? [] : loaded.mistakes
      expect(mistakes).toHaveLength(1)
      expect(mistakes[0]?.name).toBe(expected[0])
      expect(mistakes[0]?.got).toContain(expected[1])
      expect(mistakes[0]?.wants).toContain(expected[2])
      expect(JSON.stringify(mistakes)).not.toContain('hunter2')
    })
  }

  it('has a fixture for every setting that can be wrong', () => {
    const said = readdirSync(fixtures)
      .map((file) => readFileSync(new URL(file, fixtures), 'utf8').split(' · ')[0] ?? '')
      .join('\n')
    const withoutWrongValue = ['PALIER_DATA_DIR', 'PALIER_AUDIT_HEADS_FILE', 'PALIER_SYNAPSE_ADMIN_TOKEN_FILE']
    const oneForEach = (name: string) => name.replace(/^PALIER_(ID|GATEWAY|OPERATIONS|SAMPLE|READER)_/, '')
    for (const { name } of Object.values(SETTINGS)) {
      if (!withoutWrongValue.includes(name)) expect(said).toContain(oneForEach(name))
    }
  })
})

describe('loadConfig', () => {
  it('reports every mistake at once', () => {
    const loaded = loadConfig({
      PALIER_HOLD: 'soon',
      PALIER_ROLE: 'id',
      PALIER_KEY_POLICY: 'none',
      PALIER_ID_PORT: '-1',
    })
    expect(loaded.ok ? [] : loaded.mistakes.map((mistake) => mistake.name).sort()).toEqual([
      'PALIER_HOLD',
      'PALIER_ID_PORT',
      'PALIER_KEY_POLICY',
      'PALIER_ROLE',
    ])
    expect(loaded.ok ? '' : describeMistakes(loaded.mistakes)).toContain(
      'PALIER_HOLD: got "soon"; wants a whole number',
    )
  })

  it('needs nothing at all on one machine', () => {
    const loaded = loadConfig({})
    if (!loaded.ok) throw new Error(describeMistakes(loaded.mistakes))
    expect(loaded.config).toMatchObject({
      issuer: 'http://localhost:8080',
      gatewayUrl: 'http://localhost:8008',
      homeserverUrl: null,
      serverName: 'localhost',
      rpId: 'localhost',
      databaseUrl: null,
      dataDir: '.palier',
      secrets: null,
      roles: ['id', 'gateway'],
      holdSeconds: 25,
      enforce: 'enforce',
      keyPolicy: 'any',
      serverRoutes: 'closed',
      existingLogins: 'refused',
      legacyMedia: 'closed',
      pushGateways: ['https://matrix.org/_matrix/push/v1/notify'],
      clientRedirects: ['http://localhost:8090/', 'http://localhost:*'],
    })
    expect(loaded.config.listen.id).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(loaded.notes).toEqual([])
  })

  it('asks for attested keys when the issuer is public, and takes a registrable suffix as RP id', () => {
    const loaded = loadConfig({
      PALIER_ISSUER: 'https://id.example.org/',
      PALIER_SECRET: 'x'.repeat(32),
      PALIER_RP_ID: 'example.org',
    })
    if (!loaded.ok) throw new Error(describeMistakes(loaded.mistakes))
    expect(loaded.config).toMatchObject({
      issuer: 'https://id.example.org',
      keyPolicy: 'attested',
      rpId: 'example.org',
      clientRedirects: [],
    })
    expect(loaded.notes.join('\n')).toContain('PALIER_CLIENT_REDIRECTS')
  })

  it('lets the environment win over the file, takes lists as lists, and empty as unset', () => {
    const loaded = loadConfig(
      { PALIER_HOLD: '5', PALIER_ENFORCE: '' },
      JSON.stringify({
        palier_hold: 10,
        palier_roles: ['id', 'gateway', 'id'],
        palier_enforce: 'observe',
        palier_data_dir: null,
      }),
    )
    if (!loaded.ok) throw new Error(describeMistakes(loaded.mistakes))
    expect(loaded.config).toMatchObject({ holdSeconds: 5, roles: ['id', 'gateway'], enforce: 'observe' })
  })

  it('listens where a local public address says', () => {
    const loaded = loadConfig({ PALIER_ISSUER: 'http://localhost:18080', PALIER_GATEWAY_URL: 'http://localhost:18008' })
    expect(loaded.ok && [loaded.config.listen.id.port, loaded.config.listen.gateway.port]).toEqual([18080, 18008])
  })
})

describe('docs/reference/configuration.md', () => {
  it('is what the table of settings says (npm run docs)', () => {
    const page = readFileSync(new URL('../../../docs/reference/configuration.md', import.meta.url), 'utf8')
    expect(page).toBe(configurationReference())
  })
})
