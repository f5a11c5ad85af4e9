// `palier receipt verify FILE`: checks the evidence of a tap with nothing but the file itself.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Intent } from '../stepup/intent.ts'
import { type Receipt, type ReceiptFault, receiptDigest, verifyReceipt } from '../stepup/receipt.ts'
import { CliFailure, print, whyUnreadable } from './context.ts'

const WORDS: Readonly<Record<ReceiptFault, string>> = {
  'not-a-receipt': 'it is not a receipt of Palier',
  'intent-not-canonical': 'its intent is not in canonical form (RFC 8785): it was changed after the tap',
  'intent-malformed': 'its intent does not have the form of an intent',
  'wrong-type': 'what was signed is not an assertion (type webauthn.get)',
  'wrong-challenge': 'the key signed another intent than the one in the file',
  'wrong-origin': 'the tap was made on another origin than the one named',
  'cross-origin': 'the tap was made inside a frame of another site',
  'wrong-rp-id': 'the key answered for another relying party',
  'no-presence': 'nobody touched the key',
  'no-verification': 'the key did not verify its holder (PIN or fingerprint)',
  'bad-signature': "the signature is not the enrolled key's",
  'key-not-of-enrolment': 'the key is not the one in the enrolment record',
}

/** The command; it needs neither configuration nor database. */
export function receiptCommand(): Command {
  const receipt = new Command('receipt').description('the evidence of a tap')
  receipt
    .command('verify')
    .description('check a receipt offline: what was agreed to, by which key, on which origin')
    .argument('<file>', 'the receipt, as /me offers it for download')
    .option('--json', 'print the verified intent as JSON')
    .action(async (file: string, options: { json?: boolean }) => verify(file, options.json === true))
  return receipt
}

async function verify(file: string, json: boolean): Promise<void> {
  const receipt = read(file)
  const verdict = await verifyReceipt(receipt)
  if (!verdict.ok) throw new CliFailure(`${file}: not valid: ${WORDS[verdict.fault]} (${verdict.fault})`)
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

/** Names are other people's text, and a file may come from anyone: nothing of it may steer the terminal. */
function harmless(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD')
}

function told(intent: Intent, receipt: Receipt): string[] {
  const { credential } = receipt
  const rooms = intent.rooms.map((room) => `  ${room.id}${room.name === null ? '' : `  ${JSON.stringify(room.name)}`}`)
  return [
    'valid: the enrolled key signed exactly this, its holder present and verified',
    `person     ${intent.sub} (${intent.user_id})`,
    `device     ${intent.device.id} ${intent.device.name ?? ''}`.trimEnd(),
    `asking     ${intent.asking.client} from ${intent.asking.network}`,
    `released   at most ${intent.max_events} messages, ${intent.direction}, usable for ${intent.lives_seconds} s once approved`,
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
