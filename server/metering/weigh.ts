// What the events of an answer cost: history by id, live events and state rows by number.
import { hmacKey, hmacSha256 } from '../platform/crypto.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { Charge, Span } from './port.ts'
import type { CarriedEvent, Shape } from './scanner/port.ts'
import { type SipKey, sipHash, sipKey } from './scanner/sip-hash.ts'

/** A keyed 64-bit hash of an event id, as the signed integer Postgres stores; and the key, for who hashes elsewhere. */
export interface HashId {
  (id: string): bigint
  readonly key: SipKey
}

/** Networks whose keys are remembered. */
const REMEMBERED = 4_096

/**
 * The hash of event ids asked for from one network: SipHash-2-4 under a key of 128 bits that is derived for that network. The
 * store never learns an event id, two deployments' hashes do not compare, and what was charged to one network is not free from
 * another: a token used elsewhere re-reads nothing of what its owner has just read.
 */
export function eventHasher(key: Uint8Array): (network: string) => HashId {
  const secret = hmacKey(key)
  const known = new Map<string, HashId>()
  return (network) => {
    const there = known.get(network)
    if (there) return there
    const own = sipKey(hmacSha256(secret, network))
    const hash = Object.assign((id: string) => sipHash(own, id), { key: own })
    if (known.size >= REMEMBERED) known.clear()
    known.set(network, hash)
    return hash
  }
}

/**
 * Whether an event is live: younger than the live window, and not beyond the skew in the future. One without an integer
 * `origin_server_ts` is history.
 */
export function isLive(
  ts: number | null,
  nowMs: number,
  policy: Pick<MeteringPolicy, 'liveWindowMs' | 'futureSkewMs'>,
): boolean {
  return ts !== null && ts > nowMs - policy.liveWindowMs && ts <= nowMs + policy.futureSkewMs
}

export interface Weight {
  /** Units: an event brings as many as it weighs. */
  readonly history: Charge
  /** Events and rows, by number. */
  readonly live: number
  readonly state: number
  /** Dates of the history; null when there is none, or any without a date. */
  readonly span: Span | null
}

/** What a body is weighed with. */
export interface Weighing {
  readonly nowMs: number
  readonly policy: Pick<MeteringPolicy, 'liveWindowMs' | 'futureSkewMs' | 'weights'>
  readonly hash: HashId
}

/** What the events of a body weigh; null when it is not JSON of that shape: the answer must be withheld. */
export type WeighBody = (body: Uint8Array, shape: Shape, weighing: Weighing) => Weight | null

/** The weight of an answer's events. State rows count as such whatever their age. */
export function weigh(events: readonly CarriedEvent[], { nowMs, policy, hash }: Weighing): Weight {
  const hashes = new Set<bigint>()
  let bare = 0
  let live = 0
  let state = 0
  let oldestMs = Number.POSITIVE_INFINITY
  let newestMs = Number.NEGATIVE_INFINITY
  let isDated = true
  for (const event of events) {
    if (event.kind === 'state') {
      state++
    } else if (isLive(event.ts, nowMs, policy)) {
      live++
    } else {
      const units = event.encrypted ? policy.weights.encrypted : policy.weights.plaintext
      if (event.id === null) bare += units
      else for (const unit of unitsOf(hash(event.id), units)) hashes.add(unit)
      if (event.ts === null) isDated = false
      else {
        oldestMs = Math.min(oldestMs, event.ts)
        newestMs = Math.max(newestMs, event.ts)
      }
    }
  }
  const span = isDated && hashes.size + bare > 0 ? { fromMs: oldestMs, toMs: newestMs } : null
  return { history: { hashes: [...hashes], bare }, live, state, span }
}

/**
 * An event's units: its own hash and, where it weighs more than one, others made of that, always the same ones, so that a
 * repetition is as free as it is for one of weight one.
 */
export function unitsOf(hash: bigint, weight: number): readonly bigint[] {
  if (weight === 1) return [hash]
  return Array.from({ length: weight }, (_, unit) => (unit === 0 ? hash : mixed(hash + BigInt(unit) * GOLDEN)))
}

const GOLDEN = 0x9e3779b97f4a7c15n

// The finalizer of splitmix64: a bijection.
function mixed(word: bigint): bigint {
  let z = BigInt.asUintN(64, word)
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
  return BigInt.asIntN(64, z ^ (z >> 31n))
}
