// `palier metadata import FILE`: FIDO's list of authenticators, for the attested policy.
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { applyImport, type ImportFailure, type PlannedImport, planImport } from '../webauthn/metadata.ts'
import type { MetadataChangeFailure } from '../webauthn/port.ts'
import { CliFailure, type OpenCli, print, whyUnreadable } from './context.ts'
import type { PeopleToolsOf } from './people-tools.ts'

interface ImportOptions {
  readonly root?: string
  readonly allow?: readonly string[]
  readonly dryRun?: boolean
}

/** Imports a downloaded BLOB; nothing is fetched. */
export function metadataCommand(open: OpenCli, toolsOf: PeopleToolsOf): Command {
  const command = new Command('metadata').description('what is known of models of security keys')
  command
    .command('import <file>')
    .description('check and store a metadata BLOB downloaded from https://mds3.fidoalliance.org/')
    .option('--root <file>', "PEM certificates to trust in the place of FIDO's root")
    .option('--allow <aaguid...>', 'the only models that the attested policy allows from now on')
    .option('--dry-run', 'check, say what would change, store nothing')
    .action(async (file: string, options: ImportOptions) => {
      const jwt = await textOf(file)
      const roots = options.root === undefined ? null : certificatesIn(await textOf(options.root), options.root)
      const context = await open()
      const deps = toolsOf(context).metadata
      const input = { jwt, roots: roots ?? context.config.metadataRoots, allow: options.allow ?? null }
      const plan = await planImport(deps, input)
      if (!plan.ok) throw notImported(plan.reason, plan.detail)
      report(plan, options.dryRun === true)
      if (options.dryRun === true) return
      const applied = await applyImport(deps, plan, { actor: 'cli', reason: null })
      if (!applied.ok) throw notImported(applied.reason)
      print(`Imported ${summary(plan)}`)
    })
  return command
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliFailure(`Cannot read ${file}: ${whyUnreadable(error)}.`, 2)
  }
}

function certificatesIn(text: string, file: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (found === null) throw new CliFailure(`${file} holds no PEM certificate.`, 2)
  return [...found]
}

function report({ consequences, blob, ...plan }: PlannedImport, dryRun: boolean): void {
  const would = dryRun ? 'would stop' : 'stops'
  for (const { key, reasons } of consequences.cutOff)
    print(`${key.person.username}\t${key.id}\t"${key.name}"\t${would} working: ${reasons.join(', ')}`)
  for (const { key, reasons } of consequences.uncertified)
    print(
      `${key.person.username}\t${key.id}\t"${key.name}"\tgoes on working, would no longer be admitted: ${reasons.join(', ')}`,
    )
  for (const { username, role } of consequences.leftWithNone)
    print(`${username}\t${dryRun ? 'would be' : 'is'} left without a key${role === 'owner' ? ' (an owner)' : ''}`)
  if (blob.unreadable > 0) print(`${blob.unreadable} entries could not be read and are left out.`)
  if (dryRun) print(`Would import ${summary({ ...plan, blob })}`)
}

function summary({ blob, models }: Pick<PlannedImport, 'blob' | 'models'>): string {
  const allowed = models.filter((model) => model.allowed).length
  return `number ${blob.number}: ${models.length} models, ${allowed} allowed, next update ${blob.nextUpdate}.`
}

function notImported(reason: ImportFailure['reason'] | MetadataChangeFailure, detail?: string): CliFailure {
  return new CliFailure(`Nothing was imported: ${FAILURES[reason]}${detail ? ` (${detail})` : ''}.`)
}

const FAILURES: Readonly<Record<ImportFailure['reason'] | MetadataChangeFailure, string>> = {
  malformed:
    'it is not a metadata BLOB. Wanted is the file from https://mds3.fidoalliance.org/ (blob.jwt), whole and as it came',
  'untrusted-chain': 'its certificates do not lead to a trusted root, or have expired',
  'wrong-signer': "its signer is not FIDO's metadata service",
  'bad-signature': 'its signature is wrong',
  'not-newer': 'its number is not above the one imported before',
  'out-of-date': 'its next update has passed, or is more than a year away',
  'allow-unknown': 'it has no entry for a model of --allow',
  'not-as-shown': 'keys were enrolled or revoked at the same moment; run it again',
  'last-owner': 'no owner would have a key left; enrol another key for an owner first, or run palier admin recover',
}
