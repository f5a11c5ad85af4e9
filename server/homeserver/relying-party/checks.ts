// Whether a Synapse configuration holds what binding a login rests on (docs/architecture.md). Pure: the file's content and our
// configuration in, findings out. Keys as in Synapse 1.157's own documentation of `oidc_providers` and `sso`.
import type { Config } from '../../config/config.ts'

export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem'
  /** The key, such as `sso.client_whitelist`. */
  readonly name: string
  readonly found: string
  readonly wants: string
}

type Map = Readonly<Record<string, unknown>>
type Facts = Pick<Config, 'issuer' | 'gatewayUrl' | 'serverName'> &
  Partial<Pick<Config, 'synapseAdminTokenFile' | 'existingLogins'>>

/** Checks the parsed homeserver.yaml (several files merged as Synapse does: top-level keys of later files win). */
export function checkSynapse(yaml: unknown, config: Facts): Finding[] {
  if (!isMap(yaml))
    return [{ level: 'problem', name: 'homeserver.yaml', found: kindOf(yaml), wants: "a map of Synapse's settings" }]
  return [
    ...checkServer(yaml, config),
    ...checkOtherWaysIn(yaml),
    ...checkSso(yaml, config),
    ...checkProvider(yaml, config),
    ...checkLimits(yaml),
    ...(config.synapseAdminTokenFile ? checkNotices(yaml) : []),
  ]
}

function checkServer(yaml: Map, config: Facts): Finding[] {
  const listeners = listOf(yaml.listeners).filter(isMap)
  const client = listeners.filter((listener) =>
    listOf(listener.resources).some((resource) => listOf(at(resource, 'names')).includes('client')),
  )
  const open = client.filter(
    (listener) => !listOf(listener.bind_addresses).every((address) => isPrivate(address)) || !listener.bind_addresses,
  )
  return [
    equal('server_name', yaml.server_name, config.serverName),
    equal('public_baseurl', withoutSlash(yaml.public_baseurl), config.gatewayUrl, `${config.gatewayUrl}/`),
    finding(
      client.length > 0 && client.every((listener) => listener.x_forwarded === true),
      'listeners[].x_forwarded',
      client.map((listener) => listener.x_forwarded ?? false),
      'true on the client listener: the gateway sends the public host and scheme along',
    ),
    finding(
      open.length === 0,
      'listeners[].bind_addresses',
      open.map((listener) => listener.bind_addresses ?? 'every address'),
      'a private address: clients must not reach Synapse around the gateway',
      'warning',
    ),
  ]
}

/** A login that id has not seen would be one without a tap. */
function checkOtherWaysIn(yaml: Map): Finding[] {
  const password = at(yaml.password_config, 'enabled')
  const existing = at(yaml.login_via_existing_session, 'enabled')
  const rivals = ['saml2_config', 'cas_config', 'jwt_config', 'matrix_authentication_service'].filter(
    (name) => isMap(yaml[name]) && at(yaml[name], 'enabled') !== false,
  )
  return [
    finding(password === false, 'password_config.enabled', password ?? 'true (the default)', 'false'),
    finding(
      !yaml.enable_registration,
      'enable_registration',
      yaml.enable_registration ?? false,
      'false: people come through id',
    ),
    finding(
      existing === undefined || existing === false,
      'login_via_existing_session.enabled',
      existing ?? false,
      'false: a session could make another without a tap',
    ),
    finding(rivals.length === 0, 'other sign-ins', rivals, 'none beside oidc_providers'),
    finding(
      at(yaml.user_consent, 'require_at_registration') !== true,
      'user_consent.require_at_registration',
      at(yaml.user_consent, 'require_at_registration') ?? false,
      'false: a detour would lose the login token',
    ),
  ]
}

function checkSso(yaml: Map, config: Facts): Finding[] {
  const whitelist = listOf(at(yaml.sso, 'client_whitelist'))
  const wanted = `${config.gatewayUrl}/palier/sso/`
  return [
    finding(
      whitelist.length === 1 && whitelist[0] === wanted,
      'sso.client_whitelist',
      whitelist,
      `exactly [${wanted}]`,
    ),
    finding(
      at(yaml.sso, 'update_profile_information') !== true,
      'sso.update_profile_information',
      at(yaml.sso, 'update_profile_information') ?? false,
      'false, unless id is where names are kept',
      'warning',
    ),
  ]
}

function checkProvider(yaml: Map, config: Facts): Finding[] {
  const providers = listOf(yaml.oidc_providers).filter(isMap)
  const ours = providers.filter((provider) => withoutSlash(provider.issuer) === config.issuer)
  const provider = ours[0]
  const name = (key: string) => `oidc_providers[].${key}`
  if (!provider || ours.length > 1 || providers.length > 1) {
    const only: Finding = {
      level: 'problem',
      name: name('issuer'),
      found: show(providers.map((other) => other.issuer ?? null)),
      wants: `exactly one provider, ${config.issuer}`,
    }
    if (!provider) return [only]
    return [only, ...checkOurs(provider, config, name)]
  }
  return [equal(name('issuer'), provider.issuer, config.issuer), ...checkOurs(provider, config, name)]
}

function checkOurs(provider: Map, config: Facts, name: (key: string) => string): Finding[] {
  const mapping = at(provider.user_mapping_provider, 'config')
  const secret = provider.client_secret ?? provider.client_secret_path
  const template = at(mapping, 'localpart_template')
  const https = config.issuer.startsWith('https://')
  const subject = at(mapping, 'subject_template')
  return [
    finding(
      typeof provider.client_id === 'string' && provider.client_id !== '',
      name('client_id'),
      provider.client_id,
      'the client id that `palier synapse-config` prints',
    ),
    finding(
      typeof secret === 'string' && secret !== '',
      name('client_secret'),
      secret ? 'set' : undefined,
      'set, or client_secret_path',
    ),
    equal(
      name('additional_authorization_parameters.prompt'),
      at(provider.additional_authorization_parameters, 'prompt'),
      'login',
    ),
    finding(
      provider.skip_verification !== true || !https,
      name('skip_verification'),
      provider.skip_verification ?? false,
      https ? 'false' : 'true, for a trial on plain http only',
    ),
    finding(
      https || provider.skip_verification === true,
      name('issuer scheme'),
      https ? 'https' : 'http',
      'https, or skip_verification: true for a trial',
      'warning',
    ),
    finding(
      provider.pkce_method !== 'never',
      name('pkce_method'),
      provider.pkce_method ?? 'auto',
      'auto or always: id demands S256',
    ),
    finding(
      listOf(provider.scopes ?? ['openid']).includes('openid'),
      name('scopes'),
      provider.scopes ?? ['openid'],
      'openid among them',
    ),
    finding(
      typeof template === 'string' && /\{\{.*\}\}/.test(template),
      name('user_mapping_provider.config.localpart_template'),
      template,
      '"{{ user.preferred_username }}": without it Synapse asks the person, and the login token is lost',
    ),
    finding(
      subject === undefined || /user\.sub\b/.test(String(subject)),
      name('user_mapping_provider.config.subject_template'),
      subject ?? '{{ user.sub }}',
      '{{ user.sub }}',
    ),
    finding(
      at(mapping, 'confirm_localpart') !== true,
      name('user_mapping_provider.config.confirm_localpart'),
      at(mapping, 'confirm_localpart') ?? false,
      'false',
    ),
    finding(
      provider.backchannel_logout_enabled === true,
      name('backchannel_logout_enabled'),
      provider.backchannel_logout_enabled ?? false,
      'true: a session ended at id ends at Synapse',
    ),
    finding(
      provider.enable_registration !== false,
      name('enable_registration'),
      provider.enable_registration ?? true,
      'true, unless every account exists already',
      'warning',
    ),
    config.existingLogins === 'asked-softly'
      ? finding(
          provider.allow_existing_users === true,
          name('allow_existing_users'),
          provider.allow_existing_users ?? false,
          'true while clients of before are asked to sign in: their accounts exist already',
        )
      : finding(
          provider.allow_existing_users !== true,
          name('allow_existing_users'),
          provider.allow_existing_users ?? false,
          'false for a new server; true only to take over existing accounts whose local part equals the user name at id',
          'warning',
        ),
  ]
}

/** Synapse's defaults are 0.003 a second and a burst of 5; a whole ministry sits behind the gateway's one address. */
function checkLimits(yaml: Map): Finding[] {
  return ['address', 'account'].map((key) => {
    const limit = at(yaml.rc_login, key)
    const perSecond = Number(at(limit, 'per_second') ?? 0.003)
    const burst = Number(at(limit, 'burst_count') ?? 5)
    return finding(
      perSecond >= 1 && burst >= 20,
      `rc_login.${key}`,
      `per_second ${perSecond}, burst_count ${burst}`,
      'per_second 1 and burst_count 20 or more',
      'warning',
    )
  })
}

/** Prompts are sent as server notices where an administrator's token is configured. */
function checkNotices(yaml: Map): Finding[] {
  const name = at(yaml.server_notices, 'system_mxid_localpart')
  const joins = at(yaml.server_notices, 'auto_join')
  return [
    finding(
      typeof name === 'string' && name.startsWith('_'),
      'server_notices.system_mxid_localpart',
      name,
      '"_palier", or another name that nobody at id can have: without it no prompt is sent as a notice',
    ),
    finding(
      joins === true,
      'server_notices.auto_join',
      joins ?? false,
      'true: nobody reads a prompt in a room they still have to join',
      'warning',
    ),
  ]
}

function equal(name: string, found: unknown, wanted: string, shown = wanted): Finding {
  return finding(found === wanted, name, found, shown)
}

function finding(
  ok: boolean,
  name: string,
  found: unknown,
  wants: string,
  otherwise: 'warning' | 'problem' = 'problem',
): Finding {
  return { level: ok ? 'ok' : otherwise, name, found: show(found), wants }
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(value: unknown, key: string): unknown {
  return isMap(value) ? value[key] : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function withoutSlash(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\/$/, '') : value
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null || value === undefined ? 'nothing' : typeof value
}

function isPrivate(address: unknown): boolean {
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd])/i.test(String(address))
}
