// `palier receipt verify FILE`: checks the evidence of a tap with nothing but the file itself.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { AllowanceMeter } from '../policy/defaults.ts'
import { amountsOf, type EarlierIntent, type Intent } from '../stepup/intent.ts'
import { type Receipt, receiptDigest, verifyReceipt } from '../stepup/receipt.ts'
import { CliFailure, harmless, print, whyUnreadable } from './context.ts'
import { FAULTS } from './receipt-faults.ts'
import { receiptOfTwo } from './receipt-of-two.ts'

/** The command; it needs neither configuration nor database. */
export function receiptCommand(): Command {
  const receipt = new Command('receipt').description('the evidence of a tap')
  receipt
    .command('verify')
    .description('check a receipt offline: what was agreed to, by which key, on which origin')
    .argument('<file>', 'the receipt, as /me or the console offers it for download')
    .option('--json', 'print the verified intent as JSON')
    .action(async (file: string, options: { json?: boolean }) => verify(file, options.json === true))
  return receipt
}

async function verify(file: string, json: boolean): Promise<void> {
  const receipt = read(file)
  const two = await receiptOfTwo(receipt)
  if (two !== null) {
    if (!two.ok) throw new CliFailure(`${file}: not valid: ${two.why}`)
    if (json) return print(JSON.stringify(two.intent, null, 2))
    for (const line of two.lines) print(harmless(line))
    return
  }
  const verdict = await verifyReceipt(receipt)
  if (!verdict.ok) throw new CliFailure(`${file}: not valid: ${FAULTS[verdict.fault]} (${verdict.fault})`)
  if (json) return print(JSON.stringify(verdict.intent, null, 2))
  for (const line of told(verdict.intent, receipt as Receipt)) print(harmless(line))
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CliFailure(`${file}: cannot be read as JSON: ${whyUnreadable(error)}`, 2)
  }
}

const UNITS: Readonly<Record<AllowanceMeter, string>> = {
  archive: 'messages',
  state: "rows of rooms' state",
  directory: 'directory entries',
  'media-bytes': 'bytes of files',
  'media-files': 'files',
  'key-backup': 'keys of the backup',
  joins: 'rooms joined',
  pushers: 'push addresses',
}

const said = ({ meter, units }: Intent['amounts'][number]): string => `${units} ${UNITS[meter]}`

function told(intent: Intent | EarlierIntent, receipt: Receipt): string[] {
  const { credential } = receipt
  const rooms = intent.rooms.map((room) => `  ${room.id}${room.name === null ? '' : `  ${JSON.stringify(room.name)}`}`)
  return [
    'valid: the enrolled key signed exactly this, its holder present and verified',
    `person     ${intent.sub} (${intent.user_id})`,
    `device     ${intent.device.id} ${intent.device.name ?? ''}`.trimEnd(),
    `asking     ${intent.asking.client} from ${intent.asking.network}`,
    `released   at most ${amountsOf(intent).map(said).join(', ')}, ${intent.direction}, usable for ${intent.lives_seconds} s once approved`,
    `reason     ${intent.reason}`,
    `asked at   ${new Date(intent.iat * 1000).toISOString()}`,
    `issuer     ${intent.iss}`,
    `rooms      ${intent.rooms.length}`,
    ...rooms,
    `key        ${credential.id}, model ${credential.aaguid}`,
    `           enrolled ${credential.enrolled_at} under the policy "${credential.policy}", by the server's own word`,
    `digest     ${receiptDigest(receipt)}, to be found in the audit log's approval.approved entry`,
  ]
}
