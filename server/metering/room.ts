// How a room is named among those a person read: the same wherever it was read, so that reading on costs no second one.
import { sha256Int64 } from '../platform/crypto.ts'

/** The first 64 bits of a SHA-256 over the room's id, as the signed integer Postgres stores. */
export function roomHash(roomId: string): bigint {
  return sha256Int64(`room\n${roomId}`)
}
