// Where things lie in linear memory. Fixed places first; the records and the keys grow behind them, one after the other moved
// up when the other needs room.

/** Levels of nesting that are taken; deeper bodies are refused (MAX_DEPTH of port.ts). */
export const MAX_DEPTH: i32 = 512
export const FRAME: usize = 32

/** A text that the host wants to have. */
export const TEXT: usize = 512
export const TEXT_BYTES: usize = 512
/** The shapes as tables, written by the host: see shape-table.ts. */
export const TABLE: usize = 1024
export const TABLE_BYTES: usize = 15 * 1024
export const FRAMES: usize = 16 * 1024
/** What is given to be scanned: what was left of the piece before, then the next piece. */
export const WINDOW: usize = FRAMES + FRAME * (<usize>MAX_DEPTH + 8)
export const WINDOW_BYTES: usize = 320 * 1024
const HEAP: usize = WINDOW + WINDOW_BYTES + 64

/** One record an event: hash (8), time (8, NONE when there is none), flags (4), which member of the outermost map (4). */
export const RECORD: usize = 24
export const NO_TIME: i64 = i64.MIN_VALUE

/** Events in one body: more is refused, so that what a body makes this hold is bounded. */
const MAX_RECORDS: u32 = 2_000_000
/** Keys that must not repeat in one body. */
const MAX_KEYS: u32 = 1_000_000

export let records: usize = HEAP
export let recordCount: u32 = 0
let recordRoom: u32 = 0
export let keys: usize = HEAP
export let keyCount: u32 = 0
let keyRoom: u32 = 0

export function resetMemory(): void {
  recordCount = 0
  keyCount = 0
  if (recordRoom == 0) {
    recordRoom = 1024
    keyRoom = 1024
    keys = records + <usize>recordRoom * RECORD
    reserve(keys + <usize>keyRoom * 8)
  }
}

/** The first byte behind everything: scratch for the end of a count. */
export function scratch(): usize {
  return keys + <usize>keyRoom * 8
}

/** Room up to an address. False when the host has no more memory. */
export function reserve(end: usize): bool {
  const pages = <i32>((end + 0xffff) >> 16)
  const missing = pages - memory.size()
  return missing <= 0 || memory.grow(missing) >= 0
}

/** The place of one more record, or 0 when there are too many. */
export function addRecord(): usize {
  if (recordCount == recordRoom) {
    if (recordRoom >= MAX_RECORDS) return 0
    const more = recordRoom * 2
    const place = records + <usize>more * RECORD
    if (!reserve(place + <usize>keyRoom * 8)) return 0
    memory.copy(place, keys, <usize>keyCount * 8)
    keys = place
    recordRoom = more
  }
  recordCount++
  return records + <usize>(recordCount - 1) * RECORD
}

/** Takes records out of the middle. */
export function dropRecords(from: u32, to: u32): void {
  if (from == to) return
  memory.copy(records + <usize>from * RECORD, records + <usize>to * RECORD, <usize>(recordCount - to) * RECORD)
  recordCount -= to - from
}

/** Remembers a key for the look at the end whether any came twice. False when there are too many. */
export function addKey(hash: u64): bool {
  if (keyCount == keyRoom) {
    if (keyRoom >= MAX_KEYS || !reserve(keys + <usize>keyRoom * 16)) return false
    keyRoom *= 2
  }
  store<u64>(keys + <usize>keyCount * 8, hash)
  keyCount++
  return true
}

/** Forgets the keys that came after the first `count`. */
export function dropKeys(count: u32): void {
  keyCount = count
}
