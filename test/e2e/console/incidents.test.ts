// A lost key's report as an auditor reads and prints it; what a person read; a room revealed to the two who signed, and to nobody else.
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordEnds } from '../../../db/stores/incidents.ts'
import { meterStore } from '../../../db/stores/metering.ts'
import { readingsStore } from '../../../db/stores/readings.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { faults } from '../../support/accessible.ts'
import { type ConsoleWorld, looks, SCREENSHOTS, type Someone, startConsole } from '../../support/console.ts'
import { insertDevice, insertPerson, type TestDevice } from '../../support/people.ts'
import { readingRow } from '../../support/reading-rows.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

const ROOM = '!budget:example.org'
const PSEUDONYM = 'room_abcdefghijkl'

let world: ConsoleWorld
let olivia: Someone
let oscar: Someone
let ada: TestDevice

beforeAll(async () => {
  world = await startConsole()
  olivia = await world.someone('olivia', 'owner')
  oscar = await world.someone('oscar', 'owner')
})

afterAll(async () => {
  await world?.close()
})

/** What a gateway leaves when somebody read with a device and its key was then revoked. */
async function lostKey(): Promise<TestDevice> {
  const { db, ground } = world.server
  const person = await insertPerson(db, { username: 'ada', displayName: 'Ada Lovelace' })
  const device = await insertDevice({ db, sealer: ground.sealer, serverName: 'example.org' }, person)
  const spender = { serverName: 'example.org', personId: person.id, device: device.id }
  const meters = meterStore(db, defaultPolicy)
  await meters.spend({ ...spender, ...PLAIN_SPENDING, streams: { archive: { hashes: [], bare: 96 } } })
  const at = new Date().toISOString()
  const line = {
    at,
    person_id: person.id,
    device_id: device.id,
    client: 'Element <b>Web</b>',
    from_at: '2025-01-01T00:00:00.000Z',
    to_at: '2025-02-01T00:00:00.000Z',
  }
  await readingsStore(db, ground.sealer).write('wrt_test', {
    number: 1,
    day: at.slice(0, 10),
    rooms: new Map([[PSEUDONYM, ROOM]]),
    totals: [],
    rows: [
      readingRow({ ...line, parts: [{ r: PSEUDONYM, u: { archive: 56 } }] }),
      readingRow({ ...line, parts: [{ r: 'room_ABCDEFGHIJKL', u: { archive: 40 } }] }),
      readingRow({
        ...line,
        decision: 'withheld',
        reason: 'archive-exhausted',
        asked_rooms: [PSEUDONYM],
        withheld: 120,
      }),
    ],
  })
  await db.execute(
    sql`update devices set ended_at = now(), ended_reason = 'credential-revoked' where id = ${device.id}`,
  )
  await recordEnds(db, { meters, random: systemRandom })
  return device
}

test('before anything happened, the page says when something would be there', async () => {
  const page = await world.open(olivia, '/incidents')
  await page.locator('.empty').waitFor()
  expect(await looks(page, 'incidents-empty')).toEqual([])
})

test('the report of a lost key fits on a page: what was read, exactly, and what was withheld', async () => {
  ada = await lostKey()
  const page = await world.open(olivia, '/incidents')
  await page.locator('[data-row]').first().waitFor()
  expect(await looks(page, 'incidents', { languages: false })).toEqual([])
  await page.locator('[data-row] a').first().click()
  await page.locator('[data-received=archive]').waitFor()
  expect(await page.locator('[data-received=archive]').textContent()).toBe('96')
  expect(await page.locator('main').textContent()).toContain('120')
  expect(await page.locator('main').textContent()).not.toContain('budget')
  expect(await looks(page, 'report')).toEqual([])
  const waiting = page.waitForEvent('download')
  await page.locator('[data-action=json]').click()
  expect((await waiting).suggestedFilename()).toMatch(/^palier-report-inc_[\w-]+\.json$/)
  // As on paper: 210 mm wide, whatever the screen's colours are.
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await page.setViewportSize({ width: 794, height: 1123 })
  await page.screenshot({ path: join(SCREENSHOTS, 'report-print.png'), fullPage: true })
  expect((await faults(page)).filter(({ fault }) => fault.includes('color-contrast'))).toEqual([])
  expect(await page.locator('[data-action=print]').isVisible()).toBe(false)
  expect(await page.locator('[data-action=reveal]').first().isVisible()).toBe(false)
  const printed = await page.pdf({ format: 'A4' })
  expect(printed.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBe(1)
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' })
})

test('a period that is none says so, and one that is some has its report', async () => {
  const page = await world.open(olivia, '/incidents')
  await page.locator('[data-action=report]').click()
  await page.locator('[data-reason=period-invalid]').waitFor()
  const today = new Date().toISOString().slice(0, 10)
  await page.locator('input[name=from]').fill(today)
  await page.locator('input[name=until]').fill(today)
  await page.locator('[data-action=report]').click()
  await page.locator('[data-received=archive]').waitFor()
  expect(await page.locator('main').textContent()).toContain('Ada Lovelace')
})

test('what a person read is on their page, and a room is revealed to the two who signed, for an hour', async () => {
  const page = await world.open(olivia, `/people/${ada.person.id}`)
  await page.locator('[data-action=reveal]').first().waitFor()
  expect(await looks(page, 'reading', { languages: false })).toEqual([])
  await page.locator(`button[aria-label$="${PSEUDONYM}"]`).click()
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('dialog [data-reason=bad-reason]').waitFor()
  await page.locator('dialog [name=reason]').fill('incident of Friday')
  await page.locator('dialog [data-action=confirm]').click()
  const act = await page.locator('[data-act]').getAttribute('data-act')
  await page.goto(`${world.issuer}/console/acts/${act}`)
  await page.locator('[data-action=tap]').click()
  await page.locator('[data-state=awaiting-second]').waitFor()
  const other = await world.open(oscar, `/acts/${act}`)
  await other.locator('[data-action=tap]').click()
  await other.locator('.notice.good').waitFor()
  expect(await other.locator('main').textContent()).not.toContain('budget')
  for (const who of [olivia, oscar]) {
    const revealed = await world.open(who, '/revealed')
    await revealed.locator('[data-row]').waitFor()
    expect(await revealed.locator('main').textContent()).toContain(ROOM)
  }
  expect(await looks(oscar.page, 'revealed')).toEqual([])
  const third = await world.someone('odile', 'owner')
  const nothing = await world.open(third, '/revealed')
  await nothing.locator('.empty').waitFor()
  expect(await nothing.locator('main').textContent()).not.toContain(ROOM)
})
