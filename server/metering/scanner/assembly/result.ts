// What was counted, for the host: the records themselves, or what they weigh.
import { mix } from './hash'
import { keyCount, keys, NO_TIME, RECORD, recordCount, records, reserve, scratch, TABLE, TEXT, WINDOW } from './memory'

const IS_ROW: u32 = 1
const HAS_STATE_KEY: u32 = 2
const HAS_ID: u32 = 4
const ENCRYPTED: u32 = 8

export function windowAt(): usize {
  return WINDOW
}
export function tableAt(): usize {
  return TABLE
}
export function textAt(): usize {
  return TEXT
}
export function recordsAt(): usize {
  return records
}
export function count(): u32 {
  return recordCount
}

/** Whether any key came twice in one object. 1 also when there is no memory to tell. */
export function repeats(): bool {
  if (keyCount < 2) return false
  const table = newTable(keyCount)
  if (table == 0) return true
  for (let i: u32 = 0; i < keyCount; i++) if (!put(table, load<u64>(keys + <usize>i * 8))) return true
  return false
}

export let live: u32 = 0
export let state: u32 = 0
export let bare: u32 = 0
/** Different units of history, written one after the other at `unitsAt()`. */
export let hashed: u32 = 0
/** Of the history; NO_TIME when there is none, or one without a time. */
export let oldest: i64 = NO_TIME
export let newest: i64 = NO_TIME
let units: usize = 0

export function unitsAt(): usize {
  return units
}

/**
 * Weighs the records: live is younger than `after`, and not beyond `until`. A unit of weight each event brings as many
 * hashes. False when there is no memory for it.
 */
export function weigh(after: i64, until: i64, plaintext: u32, encrypted: u32): bool {
  live = 0
  state = 0
  bare = 0
  hashed = 0
  let from: i64 = i64.MAX_VALUE
  let to: i64 = i64.MIN_VALUE
  let timeless = false
  const most = recordCount * (plaintext > encrypted ? plaintext : encrypted)
  const table = newTable(most)
  if (table == 0) return false
  units = table + tableBytes
  if (!reserve(units + <usize>most * 8)) return false
  for (let i: u32 = 0; i < recordCount; i++) {
    const record = records + <usize>i * RECORD
    const flags = load<u32>(record, 16)
    if ((flags & (IS_ROW | HAS_STATE_KEY)) == (IS_ROW | HAS_STATE_KEY)) {
      state++
      continue
    }
    const time = load<i64>(record, 8)
    if (time != NO_TIME && time > after && time <= until) {
      live++
      continue
    }
    if (time == NO_TIME) timeless = true
    if (time < from) from = time
    if (time > to) to = time
    const weight = flags & ENCRYPTED ? encrypted : plaintext
    if (!(flags & HAS_ID)) {
      bare += weight
      continue
    }
    const hash = load<u64>(record)
    for (let unit: u32 = 0; unit < weight; unit++) {
      const own = unit == 0 ? hash : mix(hash + <u64>unit * 0x9e3779b97f4a7c15)
      if (!put(table, own)) continue
      store<u64>(units + <usize>hashed * 8, own)
      hashed++
    }
  }
  oldest = timeless || hashed + bare == 0 ? NO_TIME : from
  newest = timeless || hashed + bare == 0 ? NO_TIME : to
  return true
}

let tableBytes: usize = 0
let tableMask: u64 = 0
let hasZero: bool = false

// Open addressing, at most half full.
function newTable(entries: u32): usize {
  let slots: u64 = 16
  while (slots < <u64>entries * 2) slots <<= 1
  tableBytes = <usize>(slots << 3)
  tableMask = slots - 1
  hasZero = false
  const table = scratch()
  if (!reserve(table + tableBytes)) return 0
  memory.fill(table, 0, tableBytes)
  return table
}

// False: it was there.
function put(table: usize, word: u64): bool {
  if (word == 0) {
    if (hasZero) return false
    hasZero = true
    return true
  }
  let slot = word & tableMask
  for (;;) {
    const at = table + <usize>(slot << 3)
    const there = load<u64>(at)
    if (there == 0) {
      store<u64>(at, word)
      return true
    }
    if (there == word) return false
    slot = (slot + 1) & tableMask
  }
  return false
}
