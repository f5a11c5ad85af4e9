// The owner: signs in with a key, reads what a first sync gives, and has the companion page open when the thief comes.
import type { Device, Person } from '../../test/support/person.ts'

const LOOK_EVERY_MS = 50

/** Does a new device's first sync and comes back with its position, which closes the first-sync window. Returns the rooms and where it is. */
export async function firstSync(device: Device): Promise<{ readonly rooms: string[]; readonly position: string }> {
  const first = await device.call('GET', '/sync?timeout=0')
  if (first.status !== 200) throw new Error(`first sync: ${first.status} ${JSON.stringify(first.body)}`)
  const again = await device.call('GET', `/sync?timeout=0&since=${encodeURIComponent(first.body.next_batch as string)}`)
  if (again.status !== 200) throw new Error(`second sync: ${again.status} ${JSON.stringify(again.body)}`)
  const rooms = Object.keys((first.body as unknown as { rooms: { join: object } }).rooms.join)
  return { rooms, position: again.body.next_batch }
}

/** Resolves when the owner can see the first request to read on: its address, and when (performance.now). */
export async function prompted(
  person: Person,
  withinMs: number,
): Promise<{ readonly uri: string; readonly atMs: number }> {
  const deadlineMs = performance.now() + withinMs
  while (performance.now() < deadlineMs) {
    const [first] = await person.pending()
    if (first !== undefined) return { uri: first.approval_uri, atMs: performance.now() }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  throw new Error(`the owner was not asked within ${withinMs} ms`)
}
