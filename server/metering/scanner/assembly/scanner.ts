// Counts the events of a JSON body that comes in pieces. A validating machine that keeps, beside the nesting, one record an
// event: hash of its id, its time, what it is. Where events stand is data (shape-table.ts). What it cannot tell exactly, a
// repeated or an escaped key where that matters, it leaves to JSON.parse (PARSE). The rules are those of reference.ts.
import { mix, sipHash } from './hash'
import {
  addKey,
  addRecord,
  dropKeys,
  dropRecords,
  FRAME,
  FRAMES,
  keyCount,
  MAX_DEPTH,
  NO_TIME,
  RECORD,
  recordCount,
  records,
  resetMemory,
  TABLE,
  TEXT,
  TEXT_BYTES,
  WINDOW,
} from './memory'
import { escaped, INCOMPLETE, integer, INVALID, isInteger, resumeAt, skipNumber, skipString } from './text'

export { windowAt, tableAt, textAt, recordsAt, count, unitsAt, repeats, weigh, live, state as stateRows, bare, hashed, oldest, newest } from './result'

/** Not JSON. */
const UNCOUNTABLE: i32 = -1
/** Left to JSON.parse. */
const PARSE: i32 = -2

// What comes next.
const VALUE: i32 = 0
const FIRST_VALUE: i32 = 1
const AFTER: i32 = 2
const KEY: i32 = 3
const FIRST_KEY: i32 = 4
const COLON: i32 = 5
const STRING: i32 = 6

// What a container is. Even: objects; odd: lists.
const SKIP_OBJECT: u32 = 0
const SKIP_LIST: u32 = 1
const NODE_OBJECT: u32 = 2
const NODE_LIST: u32 = 3
const NODE_MAP: u32 = 4
const UNSIGNED_LIST: u32 = 5
const EVENT_OBJECT: u32 = 6
const SEARCH_LIST: u32 = 7
const UNSIGNED_OBJECT: u32 = 8
const SEARCH_OBJECT: u32 = 10
const NESTED_OBJECT: u32 = 12

// What to do with the value that comes.
const SKIP: u32 = 0
const NODE: u32 = 1
const ID: u32 = 2
const TIME: u32 = 3
const TYPE: u32 = 4
const UNSIGNED: u32 = 5
const NESTED: u32 = 6
const SEARCH: u32 = 7

// Kinds of nodes in the table: kind, first, second (12 bytes each, from TABLE).
const EVENT_NODE: u32 = 0
const ROW_NODE: u32 = 1
const LIST_NODE: u32 = 2
const MAP_NODE: u32 = 3
const OBJECT_NODE: u32 = 4
/** Members that are not named carry no event either, or it is left to JSON.parse. */
const STRICT_NODE: u32 = 5
/** Whatever stands here is left to JSON.parse. */
const PARSE_NODE: u32 = 6
/** A string that the host wants to have. */
const TEXT_NODE: u32 = 7
/** Null is as good as absent. */
const NULLABLE: u32 = 16

// Flags of a record.
const IS_ROW: u32 = 1
const HAS_STATE_KEY: u32 = 2
const HAS_ID: u32 = 4
const ENCRYPTED: u32 = 8
const NEST: u32 = 16

// Flags of a frame.
const HAS_CONTENT: u32 = 1
const UNSIGNED_HAS_CONTENT: u32 = 2
const HAS_UNSIGNED: u32 = 4
const HAS_CONTAINER: u32 = 8

const EVENT_ID_8: u64 = 0x64695f746e657665
const UNSIGNED_8: u64 = 0x64656e6769736e75
const ORIGIN_S: u64 = 0x735f6e696769726f
const ERVER_TS: u64 = 0x73745f7265767265
const STATE_KE: u64 = 0x656b5f6574617473
const TYPE_4: u32 = 0x65707974
const CONT: u32 = 0x746e6f63
const TENT: u32 = 0x746e6574
const PREV_CON: u64 = 0x6e6f635f76657270
const M_ROOM_E: u64 = 0x652e6d6f6f722e6d
const NCRYPTED: u64 = 0x646574707972636e

let next: i32 = VALUE
let depth: i32 = 0
let todo: u32 = SKIP
let node: u32 = 0
let serial: u32 = 0
let member: u32 = 0
let key0: u64 = 0
let key1: u64 = 0
/** Length of the text of the TEXT_NODE, 0 when there was none. */
export let textBytes: u32 = 0

/** Begins a body whose root is node `root` of the table; ids are hashed under the key. */
export function begin(root: u32, k0: u64, k1: u64): void {
  resetMemory()
  next = VALUE
  depth = 0
  todo = NODE
  node = root
  serial = 0
  member = 0
  textBytes = 0
  key0 = k0
  key1 = k1
  store<u32>(FRAMES, SKIP_LIST)
}

// @ts-ignore: decorator
@inline
function nodeAt(index: u32): usize {
  return TABLE + <usize>index * 12
}

// @ts-ignore: decorator
@inline
function recordOf(frame: usize): usize {
  return records + <usize>load<u32>(frame, 12) * RECORD
}

function newRecord(flags: u32): bool {
  const record = addRecord()
  if (record == 0) return false
  store<u64>(record, 0)
  store<i64>(record, NO_TIME, 8)
  store<u32>(record, flags, 16)
  store<u32>(record, member, 20)
  return true
}

/**
 * Scans the window's first `length` bytes; `last`: nothing follows. The number of bytes that are done with: the others are to
 * stand at the window's beginning again, with more behind them. Negative: it is over.
 */
export function feed(length: i32, last: bool): i32 {
  const end = WINDOW + <usize>length
  store<u64>(end, 0)
  store<u64>(end, 0, 8)
  let p: usize = WINDOW
  let frame: usize = FRAMES + <usize>depth * FRAME
  let role: u32 = load<u32>(frame)
  let what: i32 = next

  for (;;) {
    if (what == STRING) {
      const q = skipString(p, end)
      if (q == INVALID) return UNCOUNTABLE
      if (q == INCOMPLETE) {
        if (last) return UNCOUNTABLE
        next = STRING
        return <i32>(resumeAt - WINDOW)
      }
      p = q
      what = AFTER
    }
    let byte: u32 = 0
    for (;;) {
      if (p >= end) {
        next = what
        if (!last) return length
        return what == AFTER && depth == 0 ? length : UNCOUNTABLE
      }
      byte = load<u8>(p)
      if (byte > 0x20) break
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return UNCOUNTABLE
      p++
    }

    if (what == AFTER) {
      if (depth == 0) return UNCOUNTABLE
      if (byte == 0x2c) {
        p++
        if (role & 1) {
          what = VALUE
          todo = role == NODE_LIST ? NODE : role == UNSIGNED_LIST ? NESTED : role == SEARCH_LIST ? SEARCH : SKIP
          if (role == NODE_LIST) node = load<u32>(frame, 4)
        } else {
          what = KEY
        }
        continue
      }
      if (byte != (role & 1 ? 0x5d : 0x7d)) return UNCOUNTABLE
      p++
      if ((role == UNSIGNED_OBJECT || role == NESTED_OBJECT) && !closeUnsigned(frame, role)) return PARSE
      depth--
      frame -= FRAME
      role = load<u32>(frame)
      continue
    }

    if (what == KEY || what == FIRST_KEY) {
      if (byte != 0x22) {
        if (byte != 0x7d || what == KEY) return UNCOUNTABLE
        what = AFTER
        continue
      }
      const q = skipString(p + 1, end)
      if (q == INVALID) return UNCOUNTABLE
      if (q == INCOMPLETE) {
        if (last) return UNCOUNTABLE
        next = what
        return <i32>(p - WINDOW)
      }
      todo = SKIP
      if (role != SKIP_OBJECT) {
        if (escaped) return PARSE
        const key = p + 1
        const size = q - 1 - key
        if (role == EVENT_OBJECT) {
          if (size == 8) {
            const word = load<u64>(key)
            if (word == EVENT_ID_8) todo = ID
            else if (word == UNSIGNED_8) {
              if (load<u32>(frame, 8)) return PARSE
              store<u32>(frame, 1, 8)
              todo = UNSIGNED
            }
          } else if (size == 16) {
            if (load<u64>(key) == ORIGIN_S && load<u64>(key, 8) == ERVER_TS) todo = TIME
          } else if (size == 4) {
            if (load<u32>(key) == TYPE_4) todo = TYPE
          } else if (size == 9) {
            if (load<u64>(key) == STATE_KE && load<u8>(key, 8) == 0x79) {
              const record = recordOf(frame)
              store<u32>(record, load<u32>(record, 16) | HAS_STATE_KEY, 16)
            }
          }
        } else if (role == NODE_OBJECT) {
          const result = memberOf(frame, key, size)
          if (result < 0) return result
        } else if (role == SEARCH_OBJECT) {
          if (looksLikeEvent(key, size)) return PARSE
          todo = SEARCH
        } else {
          if (!addKey(keyHash(key, size, load<u32>(frame, 16)))) return UNCOUNTABLE
          if (role == NODE_MAP) {
            member++
            todo = NODE
            node = load<u32>(frame, 4)
          } else {
            nestedKey(frame, role, key, size)
          }
        }
      }
      p = q
      // The usual case, without another round.
      if (load<u8>(p) == 0x3a && p < end) {
        p++
        what = VALUE
      } else {
        what = COLON
      }
      continue
    }

    if (what == COLON) {
      if (byte != 0x3a) return UNCOUNTABLE
      p++
      what = VALUE
      continue
    }

    // A value.
    if (byte == 0x22) {
      if (todo == SKIP) {
        p++
        what = STRING
        continue
      }
      if (todo == SEARCH) {
        p++
        what = STRING
        continue
      }
      if (todo == NODE && (load<u32>(nodeAt(node)) & 15) != TEXT_NODE) {
        const told = scalarNode(false)
        if (told < 0) return told
        p++
        what = STRING
        continue
      }
      const q = skipString(p + 1, end)
      if (q == INVALID) return UNCOUNTABLE
      if (q == INCOMPLETE) {
        if (last) return UNCOUNTABLE
        next = what
        return <i32>(p - WINDOW)
      }
      if (todo == ID || todo == TYPE) {
        if (escaped) return PARSE
        const size = q - p - 2
        const record = recordOf(frame)
        let flags = load<u32>(record, 16)
        if (todo == ID) {
          flags = size > 0 ? flags | HAS_ID : flags & ~HAS_ID
          store<u64>(record, sipHash(key0, key1, p + 1, size))
        } else {
          const isEncrypted = size == 16 && load<u64>(p, 1) == M_ROOM_E && load<u64>(p, 9) == NCRYPTED
          flags = isEncrypted ? flags | ENCRYPTED : flags & ~ENCRYPTED
        }
        store<u32>(record, flags, 16)
      } else if (todo == TIME) {
        store<i64>(recordOf(frame), NO_TIME, 8)
      } else if (todo == NODE) {
        const size = q - p - 2
        if (escaped || size > TEXT_BYTES) return PARSE
        memory.copy(TEXT, p + 1, size)
        textBytes = <u32>size
      }
      p = q
      what = AFTER
      continue
    }
    if (byte == 0x7b || byte == 0x5b) {
      const isList = byte == 0x5b
      if (todo == ID || todo == TIME || todo == TYPE) forget(recordOf(frame), todo)
      // Members of what may turn out to be no event are searched like any other.
      if (todo >= ID && todo <= TYPE) todo = role == NESTED_OBJECT ? NESTED : SKIP
      if (depth == MAX_DEPTH) return UNCOUNTABLE
      let opened: u32 = isList ? SKIP_LIST : SKIP_OBJECT
      let inner: u32 = 0
      let event: u32 = 0
      if (todo == NODE) {
        const kind = load<u32>(nodeAt(node)) & 15
        if (kind == PARSE_NODE || kind == TEXT_NODE) return PARSE
        if (kind <= ROW_NODE) {
          event = recordCount
          if (!newRecord(kind != ROW_NODE ? 0 : isList ? IS_ROW | HAS_STATE_KEY : IS_ROW)) return UNCOUNTABLE
          if (!isList) opened = EVENT_OBJECT
        } else if (kind == LIST_NODE) {
          if (!isList) return PARSE
          opened = NODE_LIST
          inner = load<u32>(nodeAt(node), 4)
        } else {
          if (isList) return PARSE
          opened = kind == MAP_NODE ? NODE_MAP : NODE_OBJECT
          inner = kind == MAP_NODE ? load<u32>(nodeAt(node), 4) : node
        }
      } else if (todo == SEARCH) {
        opened = isList ? SEARCH_LIST : SEARCH_OBJECT
      } else if (todo == UNSIGNED) {
        opened = isList ? UNSIGNED_LIST : UNSIGNED_OBJECT
      } else if (todo == NESTED) {
        opened = isList ? UNSIGNED_LIST : NESTED_OBJECT
        if (!isList) {
          event = recordCount
          if (!newRecord(NEST)) return UNCOUNTABLE
        }
      }
      if (todo == UNSIGNED && role == NESTED_OBJECT) store<u32>(frame, recordCount, 20)
      store<u32>(frame, load<u32>(frame, 28) | HAS_CONTAINER, 28)
      depth++
      frame += FRAME
      role = opened
      store<u32>(frame, role)
      store<u32>(frame, inner, 4)
      store<u32>(frame, role == UNSIGNED_OBJECT ? keyCount : 0, 8)
      store<u32>(frame, event, 12)
      store<u32>(frame, ++serial, 16)
      store<u32>(frame, 0, 20)
      store<u32>(frame, 0, 24)
      store<u32>(frame, 0, 28)
      p++
      if (isList) {
        what = FIRST_VALUE
        todo = role == NODE_LIST ? NODE : role == UNSIGNED_LIST ? NESTED : role == SEARCH_LIST ? SEARCH : SKIP
        if (role == NODE_LIST) node = inner
      } else {
        what = FIRST_KEY
      }
      continue
    }
    if (byte == 0x5d && what == FIRST_VALUE) {
      what = AFTER
      continue
    }
    let q: usize = 0
    let isNumber = false
    if (byte == 0x74 || byte == 0x6e) {
      if (p + 4 > end) q = INCOMPLETE
      else q = load<u32>(p) == (byte == 0x74 ? 0x65757274 : 0x6c6c756e) ? p + 4 : INVALID
    } else if (byte == 0x66) {
      if (p + 5 > end) q = INCOMPLETE
      else q = load<u32>(p, 1) == 0x65736c61 ? p + 5 : INVALID
    } else {
      isNumber = true
      q = skipNumber(p, end, NO_TIME)
      if (q == end && !last) q = INCOMPLETE
    }
    if (q == INVALID) return UNCOUNTABLE
    if (q == INCOMPLETE) {
      if (last) return UNCOUNTABLE
      next = what
      return <i32>(p - WINDOW)
    }
    if (todo == NODE) {
      const told = scalarNode(byte == 0x6e)
      if (told < 0) return told
    } else if (todo >= ID && todo <= TYPE) {
      const record = recordOf(frame)
      forget(record, todo)
      if (todo == TIME && isNumber) {
        // 1.0 and 1e3 are integers to JSON.parse.
        if (!isInteger) return PARSE
        store<i64>(record, integer, 8)
      }
    }
    p = q
    what = AFTER
  }
  return UNCOUNTABLE
}

// Something that is no object where an event should be counts as one without age or id. Elsewhere it is not this shape, unless an
// equal key follows: JSON.parse tells.
function scalarNode(isNull: bool): i32 {
  const kind = load<u32>(nodeAt(node))
  // A row of state that is no object is one all the same.
  if (kind <= ROW_NODE) return newRecord(kind == ROW_NODE ? IS_ROW | HAS_STATE_KEY : 0) ? 0 : UNCOUNTABLE
  return isNull && kind & NULLABLE ? 0 : PARSE
}

function forget(record: usize, field: u32): void {
  if (field == TIME) store<i64>(record, NO_TIME, 8)
  else if (field == ID) store<u32>(record, load<u32>(record, 16) & ~HAS_ID, 16)
  else store<u32>(record, load<u32>(record, 16) & ~ENCRYPTED, 16)
}

// The last of equal keys wins: which of two sections that was is left to JSON.parse.
function memberOf(frame: usize, key: usize, size: usize): i32 {
  const at = nodeAt(load<u32>(frame, 4))
  const entries = TABLE + <usize>load<u32>(at, 4)
  const count = load<u32>(at, 8)
  for (let index: u32 = 0; index < count; index++) {
    const entry = entries + <usize>index * 12
    if (load<u32>(entry) != <u32>size || memory.compare(TABLE + <usize>load<u32>(entry, 4), key, size) != 0) continue
    const bit = <u32>1 << index
    if (load<u32>(frame, 8) & bit) return PARSE
    store<u32>(frame, load<u32>(frame, 8) | bit, 8)
    const child = load<u32>(entry, 8)
    todo = child == 0xffffffff ? SKIP : NODE
    node = child
    return 0
  }
  if ((load<u32>(at) & 15) == STRICT_NODE) todo = SEARCH
  return 0
}

function nestedKey(frame: usize, role: u32, key: usize, size: usize): void {
  todo = NESTED
  if (size == 7) {
    if (load<u32>(key) == CONT && load<u32>(key, 3) == TENT) {
      store<u32>(frame, load<u32>(frame, 28) | HAS_CONTENT, 28)
      // Of an event content is not searched. An `unsigned` that has one is an event only when what holds it is none: PARSE.
      if (role == NESTED_OBJECT) todo = SKIP
    }
    return
  }
  if (size == 12) {
    if (load<u64>(key) == PREV_CON && load<u32>(key, 8) == TENT) todo = SKIP
    return
  }
  if (role != NESTED_OBJECT) return
  if (size == 8) {
    const word = load<u64>(key)
    if (word == EVENT_ID_8) todo = ID
    else if (word == UNSIGNED_8) {
      todo = UNSIGNED
      store<u32>(frame, load<u32>(frame, 28) | HAS_UNSIGNED, 28)
    }
  } else if (size == 16) {
    if (load<u64>(key) == ORIGIN_S && load<u64>(key, 8) == ERVER_TS) todo = TIME
  } else if (size == 4) {
    if (load<u32>(key) == TYPE_4) todo = TYPE
  }
}

// `content` or `origin_server_ts`.
function looksLikeEvent(key: usize, size: usize): bool {
  if (size == 7) return load<u32>(key) == CONT && load<u32>(key, 3) == TENT
  return size == 16 && load<u64>(key) == ORIGIN_S && load<u64>(key, 8) == ERVER_TS
}

// False: only JSON.parse can tell.
function closeUnsigned(frame: usize, role: u32): bool {
  const flags = load<u32>(frame, 28)
  const holder = frame - FRAME
  if (role == UNSIGNED_OBJECT) {
    // Where every value is plain, keys may repeat.
    if (!(flags & HAS_CONTAINER)) dropKeys(load<u32>(frame, 8))
    if (load<u32>(holder) == NESTED_OBJECT) {
      store<u32>(holder, recordCount, 24)
      if (flags & HAS_CONTENT) store<u32>(holder, load<u32>(holder, 28) | UNSIGNED_HAS_CONTENT, 28)
    }
    return true
  }
  const event = load<u32>(frame, 12)
  if (flags & HAS_CONTENT) {
    // An event: of its members only `unsigned` carries others.
    const from = load<u32>(frame, 20)
    const to = load<u32>(frame, 24)
    if (to > 0) {
      dropRecords(to, recordCount)
      dropRecords(event + 1, from)
    } else {
      if (flags & HAS_UNSIGNED && recordCount > event + 1) return false
      dropRecords(event + 1, recordCount)
    }
    return true
  }
  if (flags & UNSIGNED_HAS_CONTENT) return false
  dropRecords(event, event + 1)
  return true
}

// Equal keys of one object have one hash; others that do are taken for a repetition, which costs a parse.
function keyHash(key: usize, size: usize, owner: u32): u64 {
  let hash: u64 = mix((<u64>owner << 32) | <u64>size)
  let left = size
  while (left >= 8) {
    hash = mix(hash ^ load<u64>(key))
    key += 8
    left -= 8
  }
  let rest: u64 = 0
  for (let i: usize = 0; i < left; i++) rest |= <u64>load<u8>(key + i) << (<u64>i << 3)
  return mix(hash ^ rest)
}
