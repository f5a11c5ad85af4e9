// `palier audit verify`.
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import type { ChainFault } from '../audit/chain.ts'
import { verifyAudit } from '../audit/verify.ts'
import { CliFailure, type OpenCli, print } from './context.ts'

/** The command; docs/reference/audit.md says what it proves and what it cannot. */
export function auditCommand(open: OpenCli): Command {
  const command = new Command('audit').description('check the audit log')

  command
    .command('verify')
    .description(
      'follow the chain from its start; prints its head, to be kept where nobody can change it with the database',
    )
    .option('--head <hash>', 'a head printed earlier: shows whether the tail was cut or rewritten since')
    .action(async (options: { head?: string }) => {
      const known = options.head?.toLowerCase() ?? null
      if (known !== null && !/^[0-9a-f]{64}$/.test(known))
        throw new CliFailure('--head wants 64 hexadecimal digits, as this command prints them', 2)
      const { db } = await open()
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
      print(`entries: ${head.sequence}`)
      print(`head: ${head.hash}`)
    })

  return command
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
