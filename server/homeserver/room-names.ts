// Names of rooms as the homeserver tells them to the device that asks: they help a person decide, and may be missing.
import type { Homeserver } from './port.ts'

const WAIT_MS = 1_000

/** Asks the homeserver for `m.room.name`; null when there is none, it is slow, or it refuses. */
export function roomNames(homeserver: Pick<Homeserver, 'request'>) {
  return {
    async nameOf(token: string, roomId: string): Promise<string | null> {
      const target = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.name`
      const answer = await Promise.race([homeserver.request({ method: 'GET', target, token }), late()])
      if (answer === null || answer.status !== 200) return null
      const { name } = JSON.parse(answer.text) as { name?: unknown }
      return typeof name === 'string' && name !== '' ? name : null
    },
  }
}

function late(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), WAIT_MS))
}
