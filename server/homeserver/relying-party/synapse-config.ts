// The fragment of homeserver.yaml that makes a Synapse a relying party of id behind the gateway. Pure; checks.ts checks it.
import type { Config } from '../../config/config.ts'

type Facts = Pick<Config, 'issuer' | 'gatewayUrl' | 'serverName'>

/** How the homeserver is registered at id. */
export function homeserverClient(config: Facts) {
  return {
    clientId: `homeserver-${config.serverName}`,
    name: config.serverName,
    redirectUris: [`${config.gatewayUrl}/_synapse/client/oidc/callback`],
    backchannelLogoutUri: `${config.gatewayUrl}/_synapse/client/oidc/backchannel_logout`,
    serverName: config.serverName,
  }
}

/** YAML to put into homeserver.yaml or a file of its own beside it. Keys as in Synapse 1.157. */
export function synapseConfig(
  config: Facts,
  client: { readonly clientId: string; readonly clientSecret: string },
): string {
  const text = (value: string) => JSON.stringify(value)
  const trial = config.issuer.startsWith('http:')
    ? `    # The issuer is plain http, which only a trial on one machine may be: with https, take this line out.
    skip_verification: true
`
    : ''
  return `# What Synapse needs to stand behind Palier. Check it with: palier doctor --homeserver-config homeserver.yaml
server_name: ${text(config.serverName)}
public_baseurl: ${text(`${config.gatewayUrl}/`)}

# The listener that serves "client" must be reachable by the gateway only, and must believe what it forwards:
#   listeners:
#     - port: 8009
#       bind_addresses: ["127.0.0.1"]
#       type: http
#       tls: false
#       x_forwarded: true
#       resources: [{ names: [client] }]

# The only way in is a security key at id.
password_config:
  enabled: false
enable_registration: false
login_via_existing_session:
  enabled: false
ui_auth:
  session_timeout: 0

oidc_providers:
  - idp_id: palier
    idp_name: "Security key"
    issuer: ${text(config.issuer)}
    client_id: ${text(client.clientId)}
    client_secret: ${text(client.clientSecret)}
    client_auth_method: client_secret_basic
    pkce_method: always
    scopes: ["openid", "profile"]
${trial}    # A tap for every login and every confirmation, never a session from before.
    additional_authorization_parameters:
      prompt: login
    user_mapping_provider:
      config:
        subject_template: "{{ user.sub }}"
        localpart_template: "{{ user.preferred_username }}"
        confirm_localpart: false
        display_name_template: "{{ user.name }}"
    backchannel_logout_enabled: true

# The one place where Synapse may send its login token: the gateway, which keeps it.
sso:
  client_whitelist:
    - ${text(`${config.gatewayUrl}/palier/sso/`)}

# Prompts reach people as notices of the server, once PALIER_SYNAPSE_ADMIN_TOKEN_FILE is set. No person at id can have this name.
server_notices:
  system_mxid_localpart: "_palier"
  system_mxid_display_name: "Palier"
  room_name: "Palier"
  auto_join: true

# Everybody comes from the gateway; it forwards their addresses, but a ministry shares one.
rc_login:
  address: { per_second: 10, burst_count: 200 }
  account: { per_second: 10, burst_count: 200 }
`
}
