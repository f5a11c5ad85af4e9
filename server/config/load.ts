// Reads the configuration once: the environment over an optional file, every mistake reported together. Pure: whoever
// calls it reads the file named by PALIER_CONFIG. Secrets are never repeated back.
import type { Config, Listen } from './config.ts'
import { crossCheck } from './cross-check.ts'
import { readFileSettings } from './file.ts'
import { OTHER_NAMES, SETTINGS, type Setting, type SettingKey, type Values } from './settings.ts'
import { nearest } from './suggest.ts'
import { isLoopback } from './values.ts'

export interface Mistake {
  readonly name: string
  /** What was found, with secrets struck out. */
  readonly got: string
  /** What would be right. */
  readonly wants: string
}

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly notes: readonly string[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Names that the tests use among themselves; a program started by them inherits them. */
const TEST_PREFIX = 'PALIER_TEST_'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses `env` (names that start with `PALIER_`; empty means unset) over `fileText` (YAML or JSON, the same names in
 * lower case). `notes` say which defaults were taken that an operator should know of.
 */
export function loadConfig(env: Environment, fileText?: string): Loaded {
  const mistakes: Mistake[] = []
  const raw = new Map<string, string>()
  if (fileText !== undefined) {
    const file = readFileSettings(fileText)
    mistakes.push(...file.mistakes)
    for (const [name, text] of file.settings) raw.set(name, text)
  }
  for (const [name, text] of Object.entries(env)) {
    if (name.startsWith('PALIER_') && !name.startsWith(TEST_PREFIX) && text !== undefined && text.trim() !== '')
      raw.set(name, text.trim())
  }

  mistakes.push(...unknownNames([...raw.keys()]))
  const values: Values = {}
  for (const key of Object.keys(SETTINGS) as SettingKey[]) readSetting(key, raw, values, mistakes)
  const config = withDefaults(values)
  const checked = crossCheck(config, values, new Set(mistakes.map((mistake) => mistake.name)))
  mistakes.push(...checked.mistakes)
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, config, notes: checked.notes }
}

/** The mistakes as lines for a terminal: name, what it got, what it wants. */
export function describeMistakes(mistakes: readonly Mistake[]): string {
  return mistakes.map(({ name, got, wants }) => `  ${name}: got ${got}; wants ${wants}`).join('\n')
}

function unknownNames(names: readonly string[]): Mistake[] {
  const known = [...Object.values(SETTINGS).map((setting) => setting.name), ...OTHER_NAMES]
  return names
    .filter((name) => !known.some((other) => other === name))
    .map((name) => {
      const near = nearest(name, known) ?? nearest(`PALIER_${name}`, known)
      return {
        name,
        got: 'a name that is not known',
        wants: near ? `${near}, perhaps` : 'a name from docs/reference/configuration.md',
      }
    })
}

function readSetting(key: SettingKey, raw: ReadonlyMap<string, string>, values: Values, mistakes: Mistake[]): void {
  const setting: Setting<unknown> = SETTINGS[key]
  const text = raw.get(setting.name)
  if (text === undefined) return
  const value = setting.parse(text)
  if (value === null) mistakes.push({ name: setting.name, got: shown(setting, text), wants: setting.wants })
  else Object.assign(values, { [key]: value })
}

function shown(setting: Setting<unknown>, text: string): string {
  if (setting.secret === 'yes') return `a value of ${text.length} characters, not shown`
  if (setting.secret === 'password')
    return `a ${/^[a-z]{1,12}:\/\//.exec(text)?.[0] ?? ''} value, not shown`.replace('  ', ' ')
  return `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`
}

function withDefaults(values: Values): Config {
  const issuer = values.issuer ?? 'http://localhost:8080'
  const gatewayUrl = values.gatewayUrl ?? 'http://localhost:8008'
  const local = issuer.startsWith('http://')
  const reader = listen(values.readerHost, values.readerPort, 8090)
  return {
    issuer,
    gatewayUrl,
    consoleUrl: values.consoleUrl ?? null,
    homeserverUrl: values.homeserverUrl ?? null,
    serverName: values.serverName ?? 'localhost',
    rpId: values.rpId ?? new URL(issuer).hostname,
    databaseUrl: values.databaseUrl ?? null,
    dataDir: values.dataDir ?? '.palier',
    secrets: values.secrets ?? null,
    roles: values.roles ? [...new Set(values.roles)] : ['id', 'gateway'],
    trustedProxies: values.trustedProxies ?? [],
    listen: {
      id: listen(values.idHost, values.idPort, localPort(issuer, 8080)),
      gateway: listen(values.gatewayHost, values.gatewayPort, localPort(gatewayUrl, 8008)),
      operations: listen(values.operationsHost, values.operationsPort, 9464),
      sample: listen(values.sampleHost, values.samplePort, 8018),
      reader,
    },
    holdSeconds: values.holdSeconds ?? 25,
    readingsDays: values.readingsDays ?? 183,
    enforce: values.enforce ?? 'enforce',
    keyPolicy: values.keyPolicy ?? (local ? 'any' : 'attested'),
    metadataRoots: values.metadataRoots ?? null,
    clientRedirects:
      values.clientRedirects ?? (local ? [`http://localhost:${reader.port}/`, 'http://localhost:*'] : []),
    acrAliases: values.acrAliases ?? [],
    serverRoutes: values.serverRoutes ?? 'closed',
    existingLogins: values.existingLogins ?? 'refused',
    legacyMedia: values.legacyMedia ?? 'closed',
    pushGateways: values.pushGateways ?? ['https://matrix.org/_matrix/push/v1/notify'],
    webhooks: values.webhooks ?? [],
    smtpUrl: values.smtpUrl ?? null,
    mailFrom: values.mailFrom ?? null,
    alertMailTo: values.alertMailTo ?? [],
    synapseAdminTokenFile: values.synapseAdminTokenFile ?? null,
    proof:
      values.proofIssuer === undefined
        ? null
        : {
            issuer: values.proofIssuer,
            clientId: values.proofClientId ?? '',
            clientSecret: values.proofClientSecret ?? '',
            claim: values.proofClaim ?? 'email',
            emails: values.proofEmails ?? 'verified',
          },
    auditHeadsFile: values.auditHeadsFile ?? null,
    consentDialog: values.consentDialog === '1',
    logLevel: values.logLevel ?? 'info',
  }
}

function listen(host: string | undefined, port: number | undefined, fallback: number): Listen {
  return { host: host ?? '127.0.0.1', port: port ?? fallback }
}

/** A public address that is plain http on this machine is served there directly, so its port is the listener's. */
function localPort(address: string, fallback: number): number {
  const url = new URL(address)
  if (url.protocol !== 'http:' || !isLoopback(url.hostname)) return fallback
  return url.port === '' ? 80 : Number(url.port)
}
