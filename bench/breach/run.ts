// A theft, played: a token is stolen after a real sign-in, the thief reads everything that can be reached, the owner is asked, and says
// "this was not me". Usage: node bench/breach/run.ts [--synapse | --all [--quick]] [--json]; exits 1 when more than the threshold was taken.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allFaults, allTable } from './all/report.ts'
import { breachAll } from './all/run.ts'
import { Takings } from './all/takings.ts'
import { thresholdOf } from './all/thresholds.ts'
import { type Attack, attack, catchUp, harass } from './attack.ts'
import type { Thief } from './connection.ts'
import { firstSync, prompted } from './owner.ts'
import { sampleTarget } from './sample.ts'
import { synapseTarget } from './synapse.ts'
import type { ByMeter, Meter, Target } from './target.ts'

export interface Breach {
  readonly homeserver: Target['homeserver']
  readonly gateways: number
  readonly connections_per_gateway: number
  /** Old messages that the account can reach. */
  readonly available: ByMeter
  /** Distinct history events in all bodies that the thief received. */
  readonly taken: ByMeter
  /** The most that may be taken without a tap: the tightest window of the meter. */
  readonly threshold: ByMeter
  /** History events received, those that came again included. */
  readonly received: number
  readonly requests: number
  /** Answers by status; 0 is a connection cut before its answer was whole. */
  readonly answers: Readonly<Record<string, number>>
  /** From the thief's first request until the owner's companion page shows that something is asked. */
  readonly prompted_after_ms: number
  /** From "this was not me" until the last byte of an answer that was not a refusal of the token. */
  readonly last_byte_after_denial_ms: number
}

const CONNECTIONS = 64
/** The thief goes on that long before the owner's denial, and after it. */
const BEFORE_DENIAL_MS = 1_000
const AFTER_DENIAL_MS = 15_000
/** Each an address of the loopback, each a network of its own to the gateway: the owner's, and another. */
const ADDRESSES = ['127.0.0.1', '127.77.0.9']

/** Plays the theft once. */
export async function breach(target: Target): Promise<Breach> {
  const device = await target.owner.device("The owner's client")
  const { rooms, position } = await firstSync(device)
  const coveredUntilMs = await target.away?.()
  const into: Attack = {
    takings: new Takings(thresholdOf('archive')),
    watch: { lastByteMs: 0 },
    answers: new Map(),
    requests: 0,
  }
  const thieves: Thief[] = target.gateways.map((gateway) => ({ gateway, token: device.token, addresses: ADDRESSES }))

  const startedMs = performance.now()
  const asked = prompted(target.owner, 120_000)
  if (coveredUntilMs !== undefined) {
    await Promise.all(thieves.map((thief) => catchUp(thief, { since: position, coveredUntilMs }, into)))
  }
  await Promise.all(thieves.map((thief, index) => attack(thief, rotated(rooms, index), into, target.patienceMs)))
  const { uri, atMs } = await asked

  const meters: readonly Meter[] = ['archive', 'catch-up']
  const byMeter = (of: (meter: Meter) => number): ByMeter =>
    Object.fromEntries(meters.map((meter) => [meter, of(meter)]))

  let over = false
  const harassing = Promise.all(thieves.map((thief) => harass(thief, rooms, into, () => over)))
  await after(BEFORE_DENIAL_MS)
  const deniedMs = performance.now()
  await target.owner.post('/api/approvals/not-me', { approval: uri.split('/').at(-1) })
  await after(AFTER_DENIAL_MS)
  over = true
  await harassing

  return {
    homeserver: target.homeserver,
    gateways: target.gateways.length,
    connections_per_gateway: CONNECTIONS,
    available: target.available,
    taken: byMeter((meter) => into.takings.of(meter)),
    threshold: byMeter(thresholdOf),
    received: into.takings.received,
    requests: into.requests,
    answers: Object.fromEntries([...into.answers].sort(([a], [b]) => a - b)),
    prompted_after_ms: Math.round(atMs - startedMs),
    last_byte_after_denial_ms: Math.max(0, Math.round(into.watch.lastByteMs - deniedMs)),
  }
}

/** What is wrong with a breach, or nothing. */
export function faults({
  taken,
  threshold,
  prompted_after_ms: promptedMs,
  last_byte_after_denial_ms: lastMs,
}: Breach): string[] {
  const found: string[] = []
  for (const [meter, count] of Object.entries(taken)) {
    const most = threshold[meter as Meter] ?? 0
    if (count > most) found.push(`${count} history events were taken of the ${meter}, ${most} are the most`)
    if (count === 0) found.push(`the thief was given nothing of the ${meter}: the theft was not played`)
  }
  if (!Number.isFinite(promptedMs)) found.push('the owner was never asked')
  // Still served when it was over: nothing ended it.
  if (lastMs > AFTER_DENIAL_MS - 500) found.push('the thief was still served after the denial')
  return found
}

// The second gateway is asked for other rooms first.
function rotated(rooms: readonly string[], by: number): string[] {
  const at = Math.floor((rooms.length * by) / 2)
  return [...rooms.slice(at), ...rooms.slice(0, at)]
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

interface Flags {
  readonly json: boolean
  readonly synapse: boolean
  readonly all: boolean
  readonly quick: boolean
}

async function play({ synapse }: Flags, folder: string): Promise<Played> {
  const target = await (synapse ? synapseTarget : sampleTarget)(folder)
  try {
    const result = await breach(target)
    const lines = Object.entries(result).map(
      ([name, value]) => `${name.padEnd(28)}${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    return { result, text: lines.join('\n'), found: faults(result) }
  } finally {
    await target.stop()
  }
}

async function playAll({ quick, json }: Flags, folder: string): Promise<Played> {
  const tell = (line: string) => void (json || process.stderr.write(`${line}\n`))
  const result = await breachAll(folder, { quick, tell })
  return { result, text: allTable(result), found: allFaults(result) }
}

interface Played {
  readonly result: object
  readonly text: string
  readonly found: readonly string[]
}

if (import.meta.main) {
  const known = ['--json', '--synapse', '--all', '--quick']
  const unknown = process.argv.slice(2).find((argument) => !known.includes(argument))
  if (unknown !== undefined) throw new Error(`bench:breach knows ${known.join(', ')}, not ${unknown}`)
  const has = (name: string) => process.argv.includes(`--${name}`)
  const flags: Flags = { json: has('json'), synapse: has('synapse'), all: has('all'), quick: has('quick') }
  const folder = mkdtempSync(join(tmpdir(), 'palier-breach-'))
  try {
    const { result, text, found } = await (flags.all ? playAll : play)(flags, folder)
    process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`)
    for (const fault of found) process.stderr.write(`breach: ${fault}\n`)
    if (found.length > 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
