// Counting against JSON.parse: the compiled scanner on a page of 1,000 events as Synapse writes them, with everything that a charge
// needs (hashes, live or old, kinds), over the parse alone, which has counted nothing yet. Runs side by side.
import { scannerModule } from '../server/gateway/node/scanner-module.ts'
import { openScanner } from '../server/metering/scanner/wasm.ts'
import { eventHasher } from '../server/metering/weigh.ts'
import { systemClock } from '../server/platform/clock.ts'
import { defaultPolicy } from '../server/policy/defaults.ts'
import { type Figure, figureOf, median, round } from './figure.ts'

const LEAST = 5
const EVENTS = 1_000
const ROUNDS = 20
const RUNS_A_FIGURE = 11
const WORDS =
  'réunion à quatorze heures dans la salle du bas, merci d’apporter le dossier été et les pièces jointes'.split(' ')

/** One figure: how many times as fast. */
export function counting(): Record<string, Figure> {
  const body = Buffer.from(
    JSON.stringify({ chunk: Array.from({ length: EVENTS }, (_, n) => event(n)), start: 's0', end: 's1' }),
  )
  const { weigh } = openScanner(scannerModule())
  const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
  const parse = () => void JSON.parse(body.toString('utf8'))
  const scan = () => {
    if (
      weigh(body, 'chunk', { nowMs: systemClock.now(), policy: defaultPolicy, hash })?.history.hashes.length !== EVENTS
    )
      throw new Error('the scanner miscounted')
  }
  for (const warm of [parse, scan]) timed(warm)
  const runs = Array.from({ length: RUNS_A_FIGURE }, () => ({ parse: timed(parse), scan: timed(scan) }))
  const of = (name: 'parse' | 'scan') => round(body.length / 1e6 / (median(runs.map((run) => run[name])) / 1e3))
  return {
    counting_over_json_parse: figureOf(
      runs.map((run) => run.parse / run.scan),
      LEAST,
      `JSON.parse of the same ${Math.round(body.length / 1000)} kB: ${of('scan')} MB/s against ${of('parse')} MB/s`,
      'at-least',
    ),
  }
}

/** Milliseconds of CPU that one takes, in the mean of some: what else runs on the machine does not count. */
function timed(work: () => void): number {
  const before = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / ROUNDS
}

// Half in clear, half encrypted; some replies, some joins.
function event(n: number): unknown {
  const common = {
    event_id: `$${String(n).padStart(6, '0')}${'kX9-Zq3_Tb'.repeat(4).slice(0, 37)}`,
    sender: `@person${n % 60}:organisation.example`,
    origin_server_ts: 1_700_000_000_000 + n * 61_000,
    room_id: '!AbCdEfGhIjKlMnOpQr:organisation.example',
    unsigned: { age: 1_000_000 + n, membership: 'join' },
    user_id: `@person${n % 60}:organisation.example`,
    age: 1_000_000 + n,
  }
  if (n % 2 === 0) {
    const ciphertext = 'AwgAEnACgAkLmt6qF84IK+J7UDH2Za1YVchHyprqTqsg'.repeat(8)
    const content = {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext,
      device_id: 'RJYKSTBOIE',
      sender_key: 'IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA',
      session_id: 'X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ',
    }
    return { type: 'm.room.encrypted', content, ...common }
  }
  if (n % 25 === 1) {
    const content = {
      membership: 'join',
      displayname: `Personne ${n}`,
      avatar_url: 'mxc://organisation.example/abcdefghijkl',
    }
    return { type: 'm.room.member', state_key: common.sender, content, ...common }
  }
  const body = Array.from({ length: 20 + (n % 30) }, (_, word) => WORDS[(n + word) % WORDS.length]).join(' ')
  const relation = n % 5 === 1 ? { 'm.relates_to': { 'm.in_reply_to': { event_id: common.event_id } } } : {}
  const content = {
    msgtype: 'm.text',
    body,
    format: 'org.matrix.custom.html',
    formatted_body: `<p>${body}</p>`,
    ...relation,
  }
  return { type: 'm.room.message', content, ...common }
}
