// `palier metadata import FILE`: FIDO's list of authenticators, for the attested policy.
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { importMetadata, type MetadataImportResult } from '../webauthn/metadata.ts'
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
      const result = await importMetadata(
        { clock: context.clock, metadata: toolsOf(context).metadata },
        { jwt, roots, allow: options.allow ?? null, dryRun: options.dryRun === true },
      )
      report(result, options.dryRun === true)
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

function report(result: MetadataImportResult, dryRun: boolean): void {
  if (!result.ok)
    throw new CliFailure(
      `Nothing was imported: ${FAILURES[result.reason]}${result.detail ? ` (${result.detail})` : ''}.`,
    )
  for (const { key, reasons } of result.affected) {
    print(`${key.username}\t${key.credentialId}\t"${key.name}"\twould no longer be admitted: ${reasons.join(', ')}`)
  }
  if (result.affected.length > 0) print('These keys still work. To end one: palier key revoke KEY')
  if (result.unreadable > 0) print(`${result.unreadable} entries could not be read and are left out.`)
  const verb = dryRun ? 'Would import' : 'Imported'
  print(
    `${verb} number ${result.number}: ${result.models} models, ${result.allowed} allowed, next update ${result.nextUpdate}.`,
  )
}

const FAILURES: Readonly<Record<Extract<MetadataImportResult, { ok: false }>['reason'], string>> = {
  malformed: 'it is not a metadata BLOB',
  'untrusted-chain': 'its certificates do not lead to a trusted root',
  'wrong-signer': "its signer is not FIDO's metadata service",
  'bad-signature': 'its signature is wrong',
  'not-newer': 'its number is not above the one imported before',
  'out-of-date': 'its next update has passed, or is more than a year away',
  'allow-unknown': 'it has no entry for a model of --allow',
}
