// What a /sync answer carries of each room, whole or trimmed: for what is stored of reading, after it was paid. Pure.
import type { SyncStream } from './port.ts'
import type { SyncAnswer } from './sync-answer.ts'
import type { Due } from './sync-units.ts'
import { stays, type Verdict } from './trim.ts'

export interface RoomCarried {
  readonly room: string
  readonly units: Readonly<Partial<Record<SyncStream, number>>>
  /** Hashes of the oldest and newest event of history carried; null: without a usable id. */
  readonly first: bigint | null
  readonly last: bigint | null
}

/** Rooms of which history is in the answer, in the answer's order. `verdict`: only what stays. */
export function roomsCarried(answer: SyncAnswer, verdict?: Verdict): readonly RoomCarried[] {
  const rooms = new Map<string, Carried>()
  answer.timelines.forEach(({ roomId, units }, index) => {
    units.forEach(({ due }, at) => {
      if (due.length === 0 || (verdict && !stays(answer, verdict, index, at))) return
      const isNewest = at === units.length - 1 && verdict?.newest.has(index) === true
      add(rooms, roomId, due, isNewest ? 'catch-up' : null)
    })
  })
  answer.strays.forEach(({ roomId, unit }, index) => {
    if (roomId !== null && unit.due.length > 0 && (!verdict || verdict.strays.has(index)))
      add(rooms, roomId, unit.due, null)
  })
  return [...rooms.values()]
}

interface Carried extends RoomCarried {
  readonly units: Partial<Record<SyncStream, number>>
  first: bigint | null
  last: bigint | null
}

function add(rooms: Map<string, Carried>, room: string, due: readonly Due[], from: SyncStream | null): void {
  let carried = rooms.get(room)
  if (carried === undefined) {
    carried = { room, units: {}, first: due[0]?.hash ?? null, last: null }
    rooms.set(room, carried)
  }
  for (const { stream, hash } of due) {
    carried.units[from ?? stream] = (carried.units[from ?? stream] ?? 0) + 1
    carried.last = hash
  }
}
