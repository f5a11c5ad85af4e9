// `palier secret rotate`.
import { Command } from 'commander'
import { auditStore } from '../../db/stores/audit.ts'
import { sealedValuesStore, sealKeysStore } from '../../db/stores/seal-keys.ts'
import { auditLog } from '../audit/log.ts'
import { rotateSeals } from '../platform/seal-rotate.ts'
import { CliFailure, type OpenCli, print } from './context.ts'

/** The command; docs/decisions/0002-sealing.md has the order of steps around it. */
export function secretCommand(open: OpenCli): Command {
  const command = new Command('secret').description('care for PALIER_SECRET')

  command
    .command('rotate')
    .description('seal everything again with the first of the secrets in PALIER_SECRET; may be cut short and run again')
    .action(async () => {
      const { db, sealer, clock } = await open()
      const report = await rotateSeals({
        values: sealedValuesStore(db),
        keys: sealKeysStore(db),
        sealer,
        clock,
        onProgress: ({ table, column }, resealed) => print(`${table}.${column}: ${resealed} sealed again`),
      })
      const { resealed, broken, retiredKeys } = report
      if (resealed > 0 || retiredKeys > 0) {
        const event = {
          action: 'secret.rotated',
          actor: 'cli',
          subject: sealer.currentKeyId,
          detail: { resealed, retired_keys: retiredKeys },
        }
        await auditLog({ store: auditStore(db), clock }).append(event)
      }
      if (broken.length > 0) {
        const shown = broken.slice(0, 10).join(', ')
        throw new CliFailure(
          `${broken.length} sealed values open with none of the secrets given and were left as they are: ${shown}`,
        )
      }
      print(`Everything is sealed with key ${sealer.currentKeyId}. Earlier secrets are not needed any more.`)
    })

  return command
}
