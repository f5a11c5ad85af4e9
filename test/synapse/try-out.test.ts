// `npm start -- --synapse`: a newcomer's real Synapse, its state kept over a restart and a kill -9 of Palier.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePorts, type PalierProcess, palier, startPalier } from '../support/deployment.ts'
import { Person } from '../support/person.ts'
import { LOCAL_SYNAPSE } from '../support/synapse-seed.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'palier-try-out-'))
let running: PalierProcess | null = null

afterAll(async () => {
  await running?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

// It runs the very environment that `npm start -- --synapse` uses; where only another one was named there is nothing to run.
test.runIf(LOCAL_SYNAPSE)(
  'a message sent before kill -9 is there after it, and the Synapse left behind is taken over',
  async () => {
    const [id, gateway, sample, reader, operations] = (await freePorts(5)) as [number, number, number, number, number]
    const settings = {
      PALIER_DATA_DIR: dataDir,
      PALIER_ISSUER: `http://localhost:${id}`,
      PALIER_GATEWAY_URL: `http://localhost:${gateway}`,
      PALIER_SAMPLE_PORT: String(sample),
      PALIER_READER_PORT: String(reader),
      PALIER_OPERATIONS_PORT: String(operations),
    }
    const start = () =>
      startPalier({ settings, args: ['--synapse'], logFile: join(dataDir, 'palier.log'), readyWithinMs: 150_000 })
    running = await start()
    const person = new Person({ id: settings.PALIER_ISSUER, gateway: settings.PALIER_GATEWAY_URL })
    await person.enrol(running.setupLink, { username: 'camille', display_name: 'Camille' })
    const device = await person.device()
    const { room_id: room } = (await device.call('POST', '/createRoom', {})).body
    const sent = await device.call('PUT', `/rooms/${encodeURIComponent(room)}/send/m.room.message/1`, {
      msgtype: 'm.text',
      body: 'kept',
    })
    expect(sent.status).toBe(200)
    expect(
      await palier(settings, 'doctor', '--homeserver-config', join(dataDir, 'synapse', 'homeserver.yaml')),
    ).toContain('0 problems')

    const before = readFileSync(join(dataDir, 'synapse', 'child.pid'), 'utf8')
    await running.kill()
    expect(alive(Number(before))).toBe(true)
    running = await start()
    expect(alive(Number(before))).toBe(false)
    const { chunk } = (await device.call('GET', `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=10`)).body
    expect(chunk.map((event: { event_id: string }) => event.event_id)).toContain(sent.body.event_id)

    const second = Number(readFileSync(join(dataDir, 'synapse', 'child.pid'), 'utf8'))
    await running.stop()
    running = null
    expect(alive(second)).toBe(false)
  },
)

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
