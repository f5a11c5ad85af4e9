// Names of rooms as the homeserver tells them to the device that asks: they help a person decide, and may be missing.
import { inTime } from '../platform/in-time.ts'
import type { Homeserver } from './port.ts'

const WAIT_MS = 1_000
/** Enough for any name that is one; what stands in a prompt is shorter still. */
const NAME_CHARACTERS = 2_000

/** Asks the homeserver for `m.room.name`; null when there is none, it is slow, or it refuses. */
export function roomNames(homeserver: Pick<Homeserver, 'request'>) {
  return {
    async nameOf(token: string, roomId: string): Promise<string | null> {
      const target = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.name`
      const answer = await inTime(WAIT_MS, homeserver.request({ method: 'GET', target, token })).catch(() => null)
      if (answer === null || answer.status !== 200) return null
      return nameIn(answer.text)
    },
  }
}

function nameIn(text: string): string | null {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null) return null
    const { name } = content as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name.slice(0, NAME_CHARACTERS) : null
  } catch {
    return null
  }
}
