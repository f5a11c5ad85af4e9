// Answers of very many units. Compared with what was charged before and written down in one statement with others, such an
// answer takes seconds; everybody who travels in that statement, or needs that person's lock, would wait for it. So it goes by
// itself: what was charged before is read without a lock, what is new is written in parts, and the lock is held only while
// its number is charged. Writing and charging are one transaction: a crash in between charges nothing, and nothing is free.
import { sql } from 'drizzle-orm'
import type { Charge, Settled, Spent, Stream } from '../../server/metering/port.ts'
import type { Database, Transaction } from '../client.ts'
import type { Operation } from './metering-batch.ts'

/** The most hashes that one answer brings into a statement with others. */
const LARGE_HASHES = 4_096
/** Hashes that are written down in one statement. */
const PART = 4_096
/** How often what was charged before is read anew when it went meanwhile. */
const MAX_TRIES = 5

/** In the order in which they are charged: a hash that comes in two is paid by the first. */
const STREAMS: readonly Stream[] = [
  'archive',
  'catch-up',
  'first-sync',
  'state',
  'directory',
  'media-bytes',
  'media-files',
  'key-backup',
  'joins',
  'pushers',
]

/** Spending, or settling. */
export type Due = Extract<Operation, { readonly op: 'spend' | 'settle' }>
/** Does one operation, within the transaction when there is one. */
type Run = (handle: Database | Transaction, operation: Operation) => Promise<unknown>
type Answered =
  | Settled
  | Exclude<Spent, { readonly state: 'short' }>
  | { readonly state: 'short'; readonly free: string }

/** How many hashes an operation brings into its statement. */
export function hashesIn(operation: Operation): number {
  if (operation.op === 'settle') return operation.request.history.hashes.length
  if (operation.op !== 'spend') return 0
  let sum = 0
  for (const { hashes } of Object.values(operation.request.streams)) sum += hashes.length
  return sum
}

/** The device whose charged hashes an operation's are compared with; null when it brings none. */
export function comparedFor(operation: Operation): string | null {
  const bringsHashes = (operation.op === 'settle' || operation.op === 'spend') && hashesIn(operation) > 0
  return bringsHashes ? operation.request.device : null
}

export function isLarge(operation: Operation): operation is Due {
  return hashesIn(operation) > LARGE_HASHES
}

/** Does a large operation: the result is what a statement with others would give. Rejects when it may or may not have happened. */
export async function doLarge(db: Database, run: Run, operation: Due): Promise<unknown> {
  // Coming back ends the first sync, and with it what is free of it: first of all, as in a statement with others.
  if (operation.op === 'spend' && operation.request.since !== null) {
    const { device, since } = operation.request
    await run(db, { op: 'position', person: null, fields: { device, hash: since }, meters: [] })
  }
  const asked = askedBy(operation)
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const known = await chargedLately(db, operation)
    const fresh = freshOf(asked, onceEach([...known.values()].flat()))
    // What cannot be paid is most of what is so large: it is told without a hash being written.
    const result =
      (await attemptIt(db, run, operation, known, fresh, false)) ??
      (await attemptIt(db, run, operation, known, fresh, true))
    if (result === null) continue
    const { answered, others } = result
    if (answered.state !== 'short') return answered
    const charged = [...onceEach([...known.values()].flat()), ...others]
    const free = charged.filter((hash) => [...asked.values()].some((hashes) => holds(hashes, hash)))
    // The database names the rooms that are free.
    return { ...answered, free: [answered.free, ...free].filter((one) => one !== '').join(',') }
  }
  throw new Error('what was charged to the device changed too often')
}

/** Hashes of a stream in order, each once. */
type Ordered = BigInt64Array
type ByStream = ReadonlyMap<Stream, Ordered>

// Null: nothing has happened. Something charged before is gone meanwhile; or it can be paid, and was not written down.
async function attemptIt(
  db: Database,
  run: Run,
  operation: Due,
  known: ReadonlyMap<string, readonly bigint[]>,
  fresh: ByStream,
  written: boolean,
): Promise<{ readonly answered: Answered; readonly others: Ordered } | null> {
  const undone = new Error('undone')
  const transaction = db.transaction(async (tx) => {
    const own = written ? await write(tx, operation, fresh) : []
    await lock(tx, operation)
    const now = await chargedLately(tx, operation, [...known.keys(), ...own])
    for (const at of known.keys()) if (!now.has(at)) throw undone
    const others = onceEach([...now.values()].flat())
    const answered = (await run(tx, byNumber(operation, fresh, others))) as Answered
    if (answered.state === 'paid' || answered.state === 'released') {
      if (!written) throw undone
    } else if (own.length > 0)
      await tx.execute(sql`delete from charged_events where ctid = any(${listed(own)}::text::tid[])`)
    return { answered, others }
  })
  return transaction.catch((error: unknown) => {
    if (error === undone) return null
    throw error
  })
}

/** What was charged to the device lately, by the place of its row. Of rows `seen` before, whether they are there. */
async function chargedLately(
  handle: Database | Transaction,
  { request: { device }, applied: { policy } }: Due,
  seen: readonly string[] = [],
): Promise<ReadonlyMap<string, readonly bigint[]>> {
  const rows = await handle.execute<{ at: string; hashes: string | null }>(sql`
    select ctid::text as at, case when ctid = any(${listed(seen)}::text::tid[]) then null else event_hashes::text end as hashes
      from charged_events where device_id = ${device}
        and charged_at > clock_timestamp() - make_interval(secs => ${policy.chargedAgainSeconds}::integer)`)
  return new Map(rows.map(({ at, hashes }) => [at, hashesOf(hashes ?? '{}')]))
}

async function write(tx: Transaction, operation: Due, fresh: ByStream): Promise<readonly string[]> {
  const written: string[] = []
  const { device } = operation.request
  const put = async (by: string, limitUsed: number | null, hashes: Ordered) => {
    const [row] = await tx.execute<{ at: string }>(sql`
      insert into charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
        values (${device}, ${by}, ${limitUsed}::integer, ${`{${hashes.join(',')}}`}::text::bigint[], clock_timestamp())
        returning ctid::text as at`)
    if (row) written.push(row.at)
  }
  for (const [stream, hashes] of fresh) {
    const [by, limitUsed] =
      operation.op === 'settle'
        ? [operation.request.requestHash, operation.request.limitUsed]
        : [stream === 'first-sync' ? 'first-sync' : 'sync', null]
    for (let from = 0; from < hashes.length; from += PART) await put(by, limitUsed, hashes.subarray(from, from + PART))
    // A page leaves its limit to its repetition, with nothing new in it too.
    if (hashes.length === 0 && limitUsed !== null) await put(by, limitUsed, hashes)
  }
  return written
}

// From here on nothing is done that takes long: whatever else this person asks waits.
async function lock(tx: Transaction, { request: { serverName, personId } }: Due): Promise<void> {
  const take = () =>
    tx.execute(sql`select 1 from meters where server_name = ${serverName} and person_id = ${personId} and device_id = ''
      and meter = 'archive' for update`)
  if ((await take()).length > 0) return
  await tx.execute(sql`select palier_meter_people(array[${serverName}]::text[], array[${personId}]::text[])`)
  await take()
}

function askedBy(operation: Due): ByStream {
  const charges = chargesOf(operation)
  return new Map(STREAMS.flatMap((stream) => (charges[stream] ? [[stream, onceEach(charges[stream].hashes)]] : [])))
}

// What is new of each stream. What was charged before, or stands in an earlier stream, is not.
function freshOf(asked: ByStream, known: Ordered): ByStream {
  const fresh = new Map<Stream, Ordered>()
  for (const [stream, hashes] of asked) {
    let own = without(hashes, known)
    for (const earlier of fresh.values()) own = without(own, earlier)
    fresh.set(stream, own)
  }
  return fresh
}

// The same operation, told how many are new instead of which. Rooms stay as they are: they are few, and kept elsewhere.
function byNumber(operation: Due, fresh: ByStream, others: Ordered): Due {
  const charges: Partial<Record<Stream, Charge>> = { ...chargesOf(operation) }
  for (const [stream, hashes] of fresh) {
    const bare = charges[stream]?.bare ?? 0
    charges[stream] = { hashes: [], bare: bare + hashes.length - common(hashes, others) }
  }
  if (operation.op === 'spend') return { ...operation, request: { ...operation.request, streams: charges } }
  return { ...operation, request: { ...operation.request, history: charges.archive ?? NONE } }
}

const NONE: Charge = { hashes: [], bare: 0 }

function chargesOf(operation: Due): Readonly<Partial<Record<Stream, Charge>>> {
  return operation.op === 'spend' ? operation.request.streams : { archive: operation.request.history }
}

function onceEach(hashes: readonly bigint[]): Ordered {
  const sorted = new BigInt64Array(hashes.length)
  for (let at = 0; at < hashes.length; at++) sorted[at] = hashes[at] as bigint
  sorted.sort()
  return kept(sorted, (hash, at) => at === 0 || sorted[at - 1] !== hash)
}

function without(hashes: Ordered, others: Ordered): Ordered {
  if (others.length === 0) return hashes
  let next = 0
  return kept(hashes, (hash) => {
    while (next < others.length && (others[next] as bigint) < hash) next++
    return others[next] !== hash
  })
}

function kept(hashes: Ordered, isKept: (hash: bigint, at: number) => boolean): Ordered {
  const result = new BigInt64Array(hashes.length)
  let length = 0
  for (let at = 0; at < hashes.length; at++) {
    const hash = hashes[at] as bigint
    if (isKept(hash, at)) result[length++] = hash
  }
  return result.subarray(0, length)
}

// How many of a few stand among many.
function common(many: Ordered, few: Ordered): number {
  let count = 0
  for (const hash of few) if (holds(many, hash)) count++
  return count
}

function holds(hashes: Ordered, hash: bigint): boolean {
  let from = 0
  let to = hashes.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((hashes[middle] as bigint) < hash) from = middle + 1
    else to = middle
  }
  return hashes[from] === hash
}

// Places of rows have a comma of their own.
function listed(places: readonly string[]): string {
  return `{${places.map((place) => `"${place}"`).join(',')}}`
}

function hashesOf(literal: string): bigint[] {
  return literal === '{}' ? [] : literal.slice(1, -1).split(',').map(BigInt)
}
