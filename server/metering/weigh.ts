// What the events of an answer cost: history by id, live events and state rows by number.
import { sha256Int64 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { Charge } from './port.ts'
import type { CarriedEvent } from './scanner/port.ts'

/** A keyed 64-bit hash of an event id, as the signed integer Postgres stores. */
export type HashId = (id: string) => bigint

/**
 * The hash of event ids asked for from one network, under a key: SHA-256 over a key of fixed length, the network and the id,
 * cut to 64 bits. The store never learns an event id, two deployments' hashes do not compare, and what was charged to one
 * network is not free from another: a token used elsewhere re-reads nothing of what its owner has just read.
 */
export function eventHasher(key: Uint8Array): (network: string) => HashId {
  const secret = base64Url(key)
  return (network) => {
    const prefix = `${secret}${network}\n`
    return (id) => sha256Int64(prefix + id)
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
  readonly history: Charge
  readonly live: number
  readonly state: number
}

/** The weight of an answer's events. State rows count as such whatever their age. */
export function weigh(events: readonly CarriedEvent[], nowMs: number, policy: MeteringPolicy, hash: HashId): Weight {
  const hashes = new Set<bigint>()
  let bare = 0
  let live = 0
  let state = 0
  for (const event of events) {
    if (event.kind === 'state') state++
    else if (isLive(event.ts, nowMs, policy)) live++
    else if (event.id === null) bare++
    else hashes.add(hash(event.id))
  }
  return { history: { hashes: [...hashes], bare }, live, state }
}
