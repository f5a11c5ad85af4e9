// The unmodified clients that run beside the test: matrix-js-sdk in this process, matrix-nio in Python.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MatrixClient } from 'matrix-js-sdk'
import { PYTHON } from '../support/synapse-seed.ts'

/** Scrolls a js-sdk room back to its beginning; the ids of its messages. `seen` is told how many there are after each page. */
export async function scrollBack(
  client: MatrixClient,
  roomId: string,
  seen: (messages: number) => void = () => undefined,
): Promise<string[]> {
  const room = client.getRoom(roomId)
  if (room === null) throw new Error('the room did not come with the first sync')
  const ids = () =>
    room
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.getType() === 'm.room.message')
      .map((event) => event.getId() as string)
  while (room.getLiveTimeline().getPaginationToken('b' as never) !== null) {
    try {
      await client.scrollback(room, 100)
    } catch (error) {
      if ((error as { httpStatus?: number }).httpStatus !== 429) throw error
    }
    seen(ids().length)
  }
  return ids()
}

/** matrix-nio in a Python of its own: what it says, step by step. */
export function nioClient(args: readonly string[]) {
  const script = fileURLToPath(new URL('nio_client.py', import.meta.url))
  const child = spawn(PYTHON, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: Record<string, unknown>[] = []
  let complaint = ''
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Record<string, unknown>))
  return {
    step: async (name: string) => {
      for (;;) {
        const found = said.find(({ step }) => step === name)
        if (found) return found
        if (child.exitCode !== null && child.exitCode !== 0)
          throw new Error(`matrix-nio ended: ${complaint.slice(-3000)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}
