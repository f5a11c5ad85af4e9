// `palier doctor`: what a deployment needs from the world outside, checked one by one, each with what it should be.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { parse } from 'yaml'
import type { Sql } from '../../db/client.ts'
import { sealKeysStore } from '../../db/stores/seal-keys.ts'
import type { Config } from '../config/config.ts'
import { checkSynapse, type Finding } from '../homeserver/relying-party/checks.ts'
import { systemClock } from '../platform/clock.ts'
import { CliFailure, type OpenCli, print, whyUnreadable } from './context.ts'
import { getJson } from './doctor-fetch.ts'
import { checkAdministrator } from './doctor-notices.ts'
import { checkProof } from './doctor-proof.ts'
import { checkSecret } from './doctor-secret.ts'

const TOLERATED_SKEW_MS = 1_000

/** The command. Exits 1 when there is a problem; warnings alone pass. */
export function doctorCommand(open: OpenCli): Command {
  return new Command('doctor')
    .description('check the configuration, the database, the listeners and the homeserver, and say what to change')
    .option('--homeserver-config <file...>', "Synapse's configuration files, in the order Synapse reads them")
    .option('--json', 'print the findings as JSON')
    .action(async (options: { homeserverConfig?: string[]; json?: boolean }) => {
      const config = open.config()
      const findings = [
        { level: 'ok', name: 'configuration', found: 'read', wants: 'no mistake' } as const,
        ...open
          .notes()
          .map(
            (note): Finding => ({ level: 'warning', name: 'configuration', found: note, wants: 'a deliberate choice' }),
          ),
        ...checkTransport(config),
        checkExistingLogins(config),
        ...(await checkDatabase(open)),
        ...(await checkReachable(config)),
        ...(await checkAdministrator(config)),
        ...(await checkProof(config.proof)),
        ...(options.homeserverConfig
          ? checkSynapse(readHomeserver(options.homeserverConfig), config)
          : [skippedSynapse(config)]),
      ]
      report(findings, options.json === true)
    })
}

function report(findings: readonly Finding[], json: boolean): void {
  if (json) print(JSON.stringify(findings, null, 2))
  else
    for (const { level, name, found, wants } of findings)
      print(
        level === 'ok' ? `ok       ${name}: ${found}` : `${level.padEnd(8)} ${name}: found ${found}; wants ${wants}`,
      )
  const problems = findings.filter((finding) => finding.level === 'problem').length
  const warnings = findings.filter((finding) => finding.level === 'warning').length
  if (!json) print(`${counted(problems, 'problem')}, ${counted(warnings, 'warning')}`)
  if (problems > 0) throw new CliFailure(`${problems} of ${findings.length} checks found a problem`)
}

const counted = (count: number, noun: string) => `${count} ${count === 1 ? noun : `${noun}s`}`

function checkTransport(config: Config): Finding[] {
  const scheme = (url: string) => new URL(url).protocol.replace(':', '')
  const mixed = scheme(config.issuer) !== scheme(config.gatewayUrl)
  const https = config.issuer.startsWith('https://')
  return [
    {
      level: https ? 'ok' : 'warning',
      name: 'issuer scheme',
      found: scheme(config.issuer),
      wants: 'https, except for a trial on this machine',
    },
    {
      level: mixed ? 'problem' : 'ok',
      name: 'issuer and gateway',
      found: `${scheme(config.issuer)} and ${scheme(config.gatewayUrl)}`,
      wants: 'the same scheme on both',
    },
  ]
}

/** A migration has an end (docs/operations/migration.md). */
function checkExistingLogins({ existingLogins }: Config): Finding {
  return {
    level: existingLogins === 'refused' ? 'ok' : 'warning',
    name: 'existing logins',
    found: existingLogins,
    wants:
      'refused, once `existing.seen` no longer appears in the log: until then old tokens are counted, not withheld',
  }
}

async function checkDatabase(open: OpenCli): Promise<Finding[]> {
  const wants = 'a database that answers'
  try {
    const { sql, db, sealer } = await open({ migrate: false })
    const before = systemClock.now()
    const [row] = await sql<
      { now: string; version: string }[]
    >`select (extract(epoch from clock_timestamp()) * 1000)::text as now, current_setting('server_version') as version`
    const after = systemClock.now()
    const migrations = await checkMigrations(sql)
    // Half the round trip is the best guess of when the database looked at its clock.
    const skewMs = Math.round(Number(row?.now ?? 0) - (before + after) / 2)
    return [
      { level: 'ok', name: 'database', found: `Postgres ${row?.version ?? 'unknown'}`, wants },
      {
        level: Math.abs(skewMs) <= TOLERATED_SKEW_MS ? 'ok' : 'warning',
        name: 'clock against the database',
        found: `${skewMs} ms apart`,
        wants: `at most ${TOLERATED_SKEW_MS} ms (the database's clock decides)`,
      },
      migrations,
      ...(migrations.level === 'ok' ? [await checkSecret({ store: sealKeysStore(db), sealer })] : []),
    ]
  } catch (error) {
    return [
      { level: 'problem', name: 'database', found: error instanceof Error ? error.message : String(error), wants },
    ]
  }
}

async function checkMigrations(sql: Sql): Promise<Finding> {
  const journal = JSON.parse(
    readFileSync(new URL('../../db/migrations/meta/_journal.json', import.meta.url), 'utf8'),
  ) as { entries: unknown[] }
  const [table] = await sql<{ name: string | null }[]>`select to_regclass('drizzle.__drizzle_migrations')::text as name`
  const rows = table?.name
    ? await sql<{ count: number }[]>`select count(*)::int as count from drizzle.__drizzle_migrations`
    : []
  const applied = rows[0]?.count ?? 0
  const wanted = journal.entries.length
  return {
    level: applied === wanted ? 'ok' : applied < wanted ? 'warning' : 'problem',
    name: 'migrations',
    found: `${applied} applied`,
    wants: `${wanted} (palier migrate, or the next start)`,
  }
}

async function checkReachable(config: Config): Promise<Finding[]> {
  const [discovery, versions, homeserver] = await Promise.all([
    getJson(`${config.issuer}/.well-known/openid-configuration`),
    getJson(`${config.gatewayUrl}/_matrix/client/versions`),
    config.homeserverUrl ? getJson(`${config.homeserverUrl}/_matrix/client/versions`) : null,
  ])
  return [
    {
      level: discovery.body?.issuer === config.issuer ? 'ok' : 'problem',
      name: 'id',
      found: discovery.body ? `issuer ${String(discovery.body.issuer)}` : discovery.failure,
      wants: `discovery at ${config.issuer} that names it`,
    },
    {
      level: Array.isArray(versions.body?.versions) ? 'ok' : 'problem',
      name: 'gateway',
      found: versions.body ? 'answers' : versions.failure,
      wants: `Matrix versions at ${config.gatewayUrl}`,
    },
    ...(homeserver
      ? [
          {
            level: Array.isArray(homeserver.body?.versions) ? 'ok' : 'problem',
            name: 'homeserver',
            found: homeserver.body ? 'answers' : homeserver.failure,
            wants: `Matrix versions at ${config.homeserverUrl}`,
          } as const,
        ]
      : []),
  ]
}

function readHomeserver(files: readonly string[]): unknown {
  const merged: Record<string, unknown> = {}
  for (const file of files) {
    let content: unknown
    try {
      content = parse(readFileSync(file, 'utf8'))
    } catch (error) {
      throw new CliFailure(`cannot read ${file}: ${whyUnreadable(error)}`, 2)
    }
    // A file of comments only is none of Synapse's business either.
    if (content === null) continue
    if (typeof content !== 'object' || Array.isArray(content))
      throw new CliFailure(`${file}: got no settings in it; wants YAML such as Synapse's homeserver.yaml`, 2)
    Object.assign(merged, content)
  }
  return merged
}

function skippedSynapse(config: Config): Finding {
  return {
    level: config.homeserverUrl ? 'warning' : 'ok',
    name: "Synapse's settings",
    found: 'not checked',
    wants: '--homeserver-config homeserver.yaml, where Synapse runs',
  }
}
