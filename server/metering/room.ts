// How a room is named where its name is not to stand: among those a person read, and in lines and reports.
import { type HmacKey, hmacSha256, sha256Int64 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'

/** The other name of a room, in lines and reports: the same room has the same, nobody without the key can tell which it is. */
export function roomPseudonym(key: HmacKey, roomId: string): string {
  return `room_${base64Url(hmacSha256(key, roomId).subarray(0, 9))}`
}

/**
 * The first 64 bits of a SHA-256 over the room's id, as the signed integer Postgres stores: the same wherever it was read, so that
 * reading on costs no second one.
 */
export function roomHash(roomId: string): bigint {
  return sha256Int64(`room\n${roomId}`)
}
