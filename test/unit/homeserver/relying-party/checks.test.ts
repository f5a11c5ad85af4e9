import { describe, expect, it } from 'vitest'
import { checkSynapse } from '../../../../server/homeserver/relying-party/checks.ts'

const config = { issuer: 'https://id.example.org', gatewayUrl: 'https://matrix.example.org', serverName: 'example.org' }

function good(): Record<string, unknown> {
  return {
    server_name: 'example.org',
    public_baseurl: 'https://matrix.example.org/',
    listeners: [{ port: 8008, bind_addresses: ['127.0.0.1'], x_forwarded: true, resources: [{ names: ['client'] }] }],
    password_config: { enabled: false },
    sso: { client_whitelist: ['https://matrix.example.org/palier/sso/'] },
    rc_login: { address: { per_second: 10, burst_count: 100 }, account: { per_second: 10, burst_count: 100 } },
    oidc_providers: [
      {
        idp_id: 'palier',
        issuer: 'https://id.example.org',
        client_id: 'synapse',
        client_secret: 'a secret',
        scopes: ['openid', 'profile'],
        additional_authorization_parameters: { prompt: 'login' },
        backchannel_logout_enabled: true,
        user_mapping_provider: { config: { localpart_template: '{{ user.preferred_username }}' } },
      },
    ],
  }
}

const provider = (change: Record<string, unknown>) => {
  const yaml = good()
  yaml.oidc_providers = [{ ...(yaml.oidc_providers as object[])[0], ...change }]
  return yaml
}

const bad = (yaml: unknown) =>
  checkSynapse(yaml, config)
    .filter(({ level }) => level !== 'ok')
    .map(({ name }) => name)

describe('server notices, where prompts are sent as such', () => {
  const notices = (server_notices: unknown) =>
    checkSynapse({ ...good(), server_notices }, { ...config, synapseAdminTokenFile: '/run/secrets/synapse' })
      .filter(({ level }) => level !== 'ok')
      .map(({ level, name }) => `${level} ${name}`)

  it('want a sender that nobody at id can be, and rooms that nobody has to join', () => {
    expect(notices({ system_mxid_localpart: '_palier', auto_join: true })).toEqual([])
    expect(notices(undefined)).toEqual([
      'problem server_notices.system_mxid_localpart',
      'warning server_notices.auto_join',
    ])
    expect(notices({ system_mxid_localpart: 'palier', auto_join: true })).toEqual([
      'problem server_notices.system_mxid_localpart',
    ])
  })

  it('are not asked for elsewhere', () => {
    expect(bad(good())).toEqual([])
  })
})

describe('while clients of before are asked to sign in', () => {
  const found = (change: Record<string, unknown>) =>
    checkSynapse(provider(change), { ...config, existingLogins: 'asked-softly' })
      .filter(({ level }) => level !== 'ok')
      .map(({ level, name }) => `${level} ${name}`)

  it('existing accounts have to be let in, and only then', () => {
    expect(found({})).toEqual(['problem oidc_providers[].allow_existing_users'])
    expect(found({ allow_existing_users: true })).toEqual([])
    expect(bad(provider({ allow_existing_users: true }))).toEqual(['oidc_providers[].allow_existing_users'])
  })
})

describe('checkSynapse', () => {
  it('finds nothing to change in a configuration that holds all a binding rests on', () => {
    expect(bad(good())).toEqual([])
  })

  it.each<[string, unknown]>([
    ['homeserver.yaml', null],
    ['server_name', { ...good(), server_name: 'other.org' }],
    ['public_baseurl', { ...good(), public_baseurl: 'https://synapse.example.org/' }],
    ['password_config.enabled', { ...good(), password_config: undefined }],
    ['login_via_existing_session.enabled', { ...good(), login_via_existing_session: { enabled: true } }],
    ['user_consent.require_at_registration', { ...good(), user_consent: { require_at_registration: true } }],
    ['sso.client_whitelist', { ...good(), sso: { client_whitelist: ['https://matrix.example.org/'] } }],
    ['rc_login.account', { ...good(), rc_login: { address: { per_second: 10, burst_count: 100 } } }],
    ['oidc_providers[].issuer', { ...good(), oidc_providers: [] }],
    ['oidc_providers[].client_id', provider({ client_id: undefined })],
    [
      'oidc_providers[].additional_authorization_parameters.prompt',
      provider({ additional_authorization_parameters: {} }),
    ],
    ['oidc_providers[].backchannel_logout_enabled', provider({ backchannel_logout_enabled: false })],
    ['oidc_providers[].allow_existing_users', provider({ allow_existing_users: true })],
    ['oidc_providers[].skip_verification', provider({ skip_verification: true })],
    ['oidc_providers[].user_mapping_provider.config.localpart_template', provider({ user_mapping_provider: {} })],
  ])('names %s when that alone is wrong', (name, yaml) => {
    expect(bad(yaml)).toEqual([name])
  })

  it('never shows the client secret', () => {
    expect(JSON.stringify(checkSynapse(good(), config))).not.toContain('a secret')
  })
})
