// Settings that are right one by one and wrong together, and defaults that an operator should know were taken.
import type { Config, Listen } from './config.ts'
import type { Mistake } from './load.ts'
import type { Values } from './settings.ts'
import { domain } from './values.ts'

/** Checks a whole configuration. What concerns a name in `already` is left out: it has a mistake of its own. */
export function crossCheck(
  config: Config,
  set: Values,
  already: ReadonlySet<string>,
): { mistakes: readonly Mistake[]; notes: readonly string[] } {
  const mistakes = [
    issuerMistake(config),
    rpIdMistake(config),
    ...secretMistakes(config, set),
    serverNameMistake(config, set),
    ...alertMistakes(config),
    proofMistake(config),
  ]
    .concat(sameOriginMistake(config), consoleMistake(config), portMistakes(config))
    .filter((mistake) => mistake !== null)
    .filter(
      (mistake) => !already.has(mistake.name) && !(mistake.name === 'PALIER_RP_ID' && already.has('PALIER_ISSUER')),
    )
  return { mistakes, notes: notesOn(config, set) }
}

function issuerMistake(config: Config): Mistake | null {
  const host = new URL(config.issuer).hostname
  if (domain(host) !== null) return null
  return {
    name: 'PALIER_ISSUER',
    got: `the address ${host}`,
    wants: 'a host name: security keys are bound to a domain (http://localhost works)',
  }
}

/** WebAuthn level 3 §5.1.2: the RP id is the origin's host or a registrable suffix of it. A single label never is one. */
function rpIdMistake(config: Config): Mistake | null {
  const host = new URL(config.issuer).hostname
  if (config.rpId === host) return null
  if (config.rpId.includes('.') && host.endsWith(`.${config.rpId}`)) return null
  return {
    name: 'PALIER_RP_ID',
    got: `"${config.rpId}"`,
    wants: `${host}, or a domain of at least two labels that it ends with`,
  }
}

function secretMistakes(config: Config, set: Values): (Mistake | null)[] {
  const missing = config.issuer.startsWith('https://') && set.secrets === undefined
  const repeated = config.secrets !== null && new Set(config.secrets).size < config.secrets.length
  return [
    missing
      ? {
          name: 'PALIER_SECRET',
          got: 'nothing',
          wants: 'a secret of your own beside an https issuer (`openssl rand -base64 48`)',
        }
      : null,
    repeated
      ? { name: 'PALIER_SECRET', got: 'the same secret twice', wants: 'each secret once, current one first' }
      : null,
  ]
}

function serverNameMistake(config: Config, set: Values): Mistake | null {
  if (config.homeserverUrl === null || set.serverName !== undefined) return null
  return {
    name: 'PALIER_SERVER_NAME',
    got: 'nothing',
    wants: "the homeserver's server_name, beside PALIER_HOMESERVER_URL",
  }
}

function alertMistakes(config: Config): (Mistake | null)[] {
  const names = config.webhooks.map(({ name }) => name)
  return [
    new Set(names).size < names.length
      ? { name: 'PALIER_WEBHOOKS', got: 'the same name twice', wants: 'a name of its own for each receiver' }
      : null,
    config.smtpUrl !== null && config.mailFrom === null
      ? { name: 'PALIER_MAIL_FROM', got: 'nothing', wants: 'an address, beside PALIER_SMTP_URL' }
      : null,
    config.smtpUrl === null && config.alertMailTo.length > 0
      ? { name: 'PALIER_SMTP_URL', got: 'nothing', wants: 'a mail server, beside PALIER_ALERT_MAIL_TO' }
      : null,
  ]
}

function sameOriginMistake(config: Config): Mistake | null {
  if (config.issuer === config.gatewayUrl) {
    return {
      name: 'PALIER_GATEWAY_URL',
      got: `the issuer's own address, ${config.gatewayUrl}`,
      wants: 'an address of its own',
    }
  }
  if (config.homeserverUrl === config.gatewayUrl) {
    return {
      name: 'PALIER_HOMESERVER_URL',
      got: `the gateway's own address, ${config.gatewayUrl}`,
      wants: 'the address of the homeserver behind it',
    }
  }
  return null
}

/** Cookies know hosts, not ports: an address of its own is another host, and one where the same keys work. */
function consoleMistake(config: Config): Mistake | null {
  if (config.consoleUrl === null) return null
  const { hostname, protocol } = new URL(config.consoleUrl)
  const name = 'PALIER_CONSOLE_URL'
  for (const other of [config.issuer, config.gatewayUrl])
    if (new URL(other).hostname === hostname)
      return { name, got: `${hostname}, where ${other} is`, wants: 'a host name of its own' }
  if (hostname !== config.rpId && !(config.rpId.includes('.') && hostname.endsWith(`.${config.rpId}`)))
    return {
      name,
      got: `${hostname}, where keys of ${config.rpId} do not work`,
      wants: 'a host name within PALIER_RP_ID',
    }
  if (new URL(config.issuer).protocol !== protocol)
    return {
      name,
      got: config.consoleUrl,
      wants: `an address that is ${protocol === 'http:' ? 'https' : 'http'}, as the issuer is`,
    }
  return null
}

/** Half a provider proves nothing: nobody is let through because a setting is missing. */
function proofMistake({ proof }: Config): Mistake | null {
  if (proof === null) return null
  const name =
    proof.clientId === '' ? 'PALIER_PROOF_CLIENT_ID' : proof.clientSecret === '' ? 'PALIER_PROOF_CLIENT_SECRET' : null
  return name && { name, got: 'nothing', wants: 'a value beside PALIER_PROOF_ISSUER' }
}

function portMistakes(config: Config): Mistake[] {
  const seen = new Map<string, string>()
  const mistakes: Mistake[] = []
  for (const [name, { host, port }] of Object.entries(config.listen) as [string, Listen][]) {
    if (port === 0) continue
    const where = `${host}:${port}`
    const other = seen.get(where)
    if (other)
      mistakes.push({
        name: `PALIER_${name.toUpperCase()}_PORT`,
        got: `${where}, which ${other} has`,
        wants: 'a port of its own',
      })
    else seen.set(where, `PALIER_${name.toUpperCase()}_PORT`)
  }
  return mistakes
}

function notesOn(config: Config, set: Values): string[] {
  const https = config.issuer.startsWith('https://')
  return [
    config.enforce === 'observe' ? 'PALIER_ENFORCE is observe: nothing is withheld.' : '',
    https && config.keyPolicy !== 'attested'
      ? `PALIER_KEY_POLICY is ${config.keyPolicy}: keys that are not proved to be hardware can be enrolled.`
      : '',
    https && set.clientRedirects === undefined
      ? 'PALIER_CLIENT_REDIRECTS is not set: no client can finish an SSO login.'
      : '',
    https && config.trustedProxies.length === 0
      ? 'PALIER_TRUSTED_PROXIES is not set: every request seems to come from the reverse proxy.'
      : '',
    https && config.webhooks.length === 0 && config.smtpUrl === null
      ? 'Neither PALIER_WEBHOOKS nor PALIER_SMTP_URL is set: alerts reach the log, the metrics and the audit log only.'
      : '',
    config.proof?.claim === 'email' && config.proof.emails === 'all'
      ? `PALIER_PROOF_EMAILS is all: ${config.proof.issuer} is trusted to say no address that is not its person’s own.`
      : '',
    config.databaseUrl === null && config.roles.length < 2
      ? 'PALIER_ROLES leaves a part to another process, which cannot share the embedded database: set PALIER_DATABASE_URL.'
      : '',
  ].filter((note) => note !== '')
}
