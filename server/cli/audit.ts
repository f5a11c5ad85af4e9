// `palier audit verify`.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import { auditHeadStore } from '../../db/stores/audit-heads.ts'
import { signingKeyStore } from '../../db/stores/signing-keys.ts'
import type { ChainFault } from '../audit/chain.ts'
import { firstMissing, readHead, type SignedHead } from '../audit/heads.ts'
import { verifyAudit } from '../audit/verify.ts'
import { keyring } from '../oidc/keys.ts'
import { headSigner } from '../wiring/console-audit.ts'
import { askedWrongly, type CliContext, CliFailure, type OpenCli, print, whyUnreadable } from './context.ts'

/** The command; docs/reference/audit.md says what it proves and what it cannot. */
export function auditCommand(open: OpenCli): Command {
  const command = new Command('audit').description('check the audit log')

  command
    .command('verify')
    .description(
      'follow the chain from its start; prints its head, to be kept where nobody can change it with the database',
    )
    .option('--head <hash>', 'a head printed earlier: shows whether the tail was cut or rewritten since')
    .option('--heads <file>', 'signed heads, one a line, as PALIER_AUDIT_HEADS_FILE has them')
    .action(async (options: { head?: string; heads?: string }) => {
      const known = options.head?.toLowerCase() ?? null
      if (known !== null && !/^[0-9a-f]{64}$/.test(known))
        throw askedWrongly('--head', known, '64 hexadecimal digits, as this command prints them')
      const lines = options.heads === undefined ? [] : headLines(options.heads)
      const context = await open()
      const { db } = context
      const { head, fault, knownHeadFound } = await verifyAudit(auditStore(db), known)
      if (fault)
        throw new CliFailure(
          `the audit log was tampered with: ${inWords(fault)} (whole up to entry ${head.sequence}, ${head.hash})`,
        )
      if (knownHeadFound === false) {
        throw new CliFailure(
          `the audit log was tampered with: it no longer contains the head ${known}; it now ends at entry ${head.sequence}, ${head.hash}`,
        )
      }
      const signed = await signedHeads(context, lines)
      const missing = await firstMissing(auditHeadStore(db), signed)
      if (missing !== null) {
        throw new CliFailure(
          `the audit log was tampered with: it no longer goes through the head signed at entry ${missing.sequence}, ${missing.hash}; it now ends at entry ${head.sequence}`,
        )
      }
      print(`entries: ${head.sequence}`)
      print(`head: ${head.hash}`)
      if (lines.length > 0) print(`signed heads: ${signed.length}, the chain goes through each`)
    })

  return command
}

function headLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch (error) {
    throw new CliFailure(`${file}: ${whyUnreadable(error)}`, 2)
  }
}

async function signedHeads(context: CliContext, lines: readonly string[]): Promise<SignedHead[]> {
  if (lines.length === 0) return []
  const signer = headSigner(keyring({ ...context, signingKeys: signingKeyStore(context.db) }), context.config.issuer)
  const heads: SignedHead[] = []
  for (const [index, line] of lines.entries()) {
    const read = await readHead(line, signer)
    if (read.form !== 'signed')
      throw new CliFailure(`line ${index + 1} of the signed heads is no head that this Palier signed`)
    heads.push(read.head)
  }
  return heads
}

function inWords({ kind, sequence }: ChainFault): string {
  switch (kind) {
    case 'changed':
      return `entry ${sequence} is not what was written`
    case 'removed':
      return `entry ${sequence} is missing`
    case 'unlinked':
      return `entry ${sequence} does not follow the one before it: one of the two was replaced, or their order changed`
  }
}
