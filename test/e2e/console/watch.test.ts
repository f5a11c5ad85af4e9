// The supervisors' pages in a real browser, beside a real gateway: what happens is seen live, and one click from an alert ends a device.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { approvals } from '../../../db/schema/metering.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { people } from '../../../db/schema/people.ts'
import { readingTotals } from '../../../db/schema/readings.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { alerts } from '../../../db/schema/watch.ts'
import { createGatewayServer } from '../../../server/gateway/node/server.ts'
import { prometheusMetrics } from '../../../server/platform/prometheus.ts'
import { gatewayParts } from '../../../server/wiring/gateway.ts'
import { notifierOf } from '../../../server/wiring/notify.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'
import { insertDevice, insertPerson, type TestDevice } from '../../support/people.ts'
import { readBy } from '../../support/reading-rows.ts'

const MARKUP = '<img src=x onerror="document.title=1">'
let world: ConsoleWorld
let supervisor: Someone
let homeserver: Server
let gateway: ReturnType<typeof createGatewayServer>
let gatewayUrl = ''
let parts: ReturnType<typeof gatewayParts>

beforeAll(async () => {
  world = await startConsole(() => ({ PALIER_SYNAPSE_ADMIN_TOKEN_FILE: '/nowhere' }))
  homeserver = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end('{"joined_rooms":[]}')
  })
  await new Promise<void>((resolve) => homeserver.listen(0, '127.0.0.1', resolve))
  const homeserverUrl = `http://127.0.0.1:${(homeserver.address() as AddressInfo).port}`
  const { ground } = world.server
  parts = gatewayParts(ground, { homeserverUrl, metrics: prometheusMetrics({ processMetrics: false }) })
  await parts.identify.feed.started
  gateway = createGatewayServer({ ...parts, ...ground, homeserverUrl })
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1' })
  gatewayUrl = `http://127.0.0.1:${port}`
  supervisor = await world.someone('simone', 'supervisor')
})

afterAll(async () => {
  await gateway?.close()
  await parts?.stop()
  homeserver?.close()
  await world?.close()
})

async function someone(username: string): Promise<TestDevice> {
  const { ground } = world.server
  const person = await insertPerson(world.db, { username, displayName: `${username} ${MARKUP}` })
  const device = await insertDevice({ db: world.db, sealer: ground.sealer, serverName: 'example.org' }, person)
  await world.db
    .update(devices)
    .set({ displayName: `Phone ${MARKUP}`, client: `Element ${MARKUP}` })
    .where(eq(devices.id, device.id))
  return device
}
const statusAtGateway = async ({ token }: TestDevice) =>
  (await fetch(`${gatewayUrl}/_matrix/client/v3/joined_rooms`, { headers: { Authorization: `Bearer ${token}` } }))
    .status
const raise = ({ id, person }: TestDevice) =>
  world.db.transaction((tx) =>
    notifierOf(world.server.ground).alert(
      {
        kind: 'machine-pace',
        action: 'tap',
        serverName: 'example.org',
        personId: person.id,
        device: id,
        explanation: { fr: 'Le rythme d’un programme.', en: 'The pace of a program.' },
        evidence: { minutes: 20, events: 12.5 },
      },
      tx,
    ),
  )

/** As a gateway leaves it: most of the hour's threshold read, and the totals of the last hours. */
async function read(device: TestDevice): Promise<void> {
  const at = new Date()
  await readBy(world.db, device, { events: 940, at })
  const hours = Array.from(
    { length: 20 },
    (_, back) => new Date(Math.floor(at.getTime() / 3_600_000 - back) * 3_600_000),
  )
  const minute = new Date(Math.floor(at.getTime() / 60_000 - 1) * 60_000)
  await world.db.insert(readingTotals).values([
    ...hours.map((hour, back) => ({
      width: 3600,
      at: hour,
      meter: 'archive',
      decision: 'released',
      answers: 9,
      units: 100 + 30 * back,
      withheld: 0,
    })),
    ...hours.map((hour, back) => ({
      width: 3600,
      at: hour,
      meter: 'archive',
      decision: 'withheld',
      answers: 1,
      units: 0,
      withheld: 10 * back,
    })),
    { width: 60, at: minute, meter: 'archive', decision: 'released', answers: 3, units: 940, withheld: 0 },
    { width: 60, at: minute, meter: 'live', decision: 'released', answers: 3, units: 77, withheld: 0 },
  ])
}

test('the live page shows an alert when it is raised, who is near, and the gateway; one click ends the device and tells its person', async () => {
  const device = await someone('victor')
  const page = await world.open(supervisor, '/watch')
  await page.locator('[data-fresh=true]').waitFor()
  await expect.poll(() => page.locator('[data-figure=gateways] dd').textContent()).toBe('1')
  expect(await page.locator('[data-figure=alerts] dd').textContent()).toBe('0')
  expect(await statusAtGateway(device)).toBe(200)

  await read(device)
  await raise(device)
  const row = page.locator('[data-row^=alr_]')
  await row.waitFor()
  await expect.poll(() => page.locator('[data-figure=alerts] dd').textContent()).toBe('1')
  await expect
    .poll(() => page.locator('[data-figure=live] dd, [data-figure=released] dd').allTextContents())
    .toEqual(['940', '77'])
  const near = page.locator(`[data-row="example.org ${device.person.id}"]`)
  await near.waitFor()
  expect(await near.textContent()).toContain('94%')
  await expect.poll(() => page.locator('[data-said]').textContent()).toMatch(/Alerts to handle: [01]\./)
  expect(await looks(page, 'watch')).toEqual([])

  await row.locator('[data-action=end-device]').click()
  await page.locator('dialog [name=note]').fill('not him: he is on a train')
  await page.locator('dialog [data-action=confirm]').click()
  await row.waitFor({ state: 'detached' })
  await expect.poll(() => statusAtGateway(device)).toBe(401)
  await expect.poll(() => page.locator('[data-figure=alerts] dd').textContent()).toBe('0')
  const letters = (await world.db.select().from(outbox)).filter(({ payload }) => payload.includes('"letter"'))
  expect(letters).toMatchObject([{ channel: 'server-notice', target: '@victor:example.org' }])
  const [kept] = await world.db.select().from(alerts).where(eq(alerts.deviceId, device.id))
  expect(kept).toMatchObject({ state: 'handled', handledHow: 'device-ended', handledBy: supervisor.id })
  const audited = await world.db.select().from(auditEntries).where(eq(auditEntries.subject, device.id))
  expect(audited).toMatchObject([
    { action: 'session.ended', actor: supervisor.id, detail: { why: 'not him: he is on a train' } },
  ])

  await page.goto(`${world.issuer}/console/alerts/${kept?.id}`)
  await page.getByText('by simone').waitFor()
  expect(await looks(page, 'alert-handled')).toEqual([])
})

test('an alert that somebody else has handled says who, and nothing is ended', async () => {
  const device = await someone('valerie')
  await raise(device)
  const page = await world.open(supervisor, '/alerts')
  await page.locator('[data-row^=alr_] [data-action=end-device]').click()
  await world.db
    .update(alerts)
    .set({ state: 'handled', handledAt: new Date(), handledBy: supervisor.id, handledHow: 'noted' })
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('dialog [data-reason=edited-meanwhile]').waitFor()
  expect(await page.locator('dialog').textContent()).toContain('simone')
  expect(await looks(page, 'alert-conflict', { languages: false })).toEqual([])
  expect(await statusAtGateway(device)).toBe(200)
})

test('charts are drawn, have their numbers as a table, and say in words what they show', async () => {
  const page = await world.open(supervisor, '/watch')
  await page.locator('[data-summary]').waitFor()
  expect(await page.locator('[data-summary]').textContent()).toMatch(/In all 7,700\./)
  await expect.poll(() => page.locator('.uplot canvas').count()).toBe(2)
  await page.locator('.chart summary').last().click()
  expect(await page.locator('.chart table').last().locator('tbody tr').count()).toBe(24)
  await page.locator('[name=span]').selectOption('year')
  await expect.poll(() => page.locator('.chart table').last().locator('tbody tr').count()).toBeGreaterThan(300)
  await page.locator('[name=meter]').selectOption('key-backup')
  await page.getByText('Nothing was counted in this period.').waitFor()
})

test('sessions are searched and ended with a reason; markup in names stays text', async () => {
  const device = await someone('vera')
  const page = await world.open(supervisor, '/sessions')
  await page.locator('[name=q]').fill('vera')
  const row = page.locator(`[data-row="${device.id}"]`)
  await row.waitFor()
  await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
  expect(await row.textContent()).toContain(MARKUP)
  expect(await page.title()).toBe('Sessions and devices · Palier')
  expect(await looks(page, 'sessions')).toEqual([])
  await row.locator('[data-action=end]').click()
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('dialog [data-reason=bad-reason]').waitFor()
  await page.locator('dialog [name=reason]').fill('lost at the station')
  await page.locator('dialog [data-action=confirm]').click()
  await row.waitFor({ state: 'detached' })
  await expect.poll(() => statusAtGateway(device)).toBe(401)
  await page.locator('[name=state]').selectOption('all')
  await row.locator('a').first().click()
  await page.getByText(device.id).waitFor()
  expect(await looks(page, 'session')).toEqual([])
})

test('everyone’s sessions wait for two administrators', async () => {
  const device = await someone('walter')
  const page = await world.open(supervisor, '/sessions')
  await page.locator('[data-action=end-everyone]').click()
  await page.locator('dialog [data-reach]').waitFor()
  await page.locator('dialog [name=reason]').fill('the database was copied')
  await page.locator('dialog [data-action=confirm]').click()
  await page.locator('dialog [data-act^=act_]').waitFor()
  expect(await looks(page, 'end-everyone', { languages: false })).toEqual([])
  expect(await statusAtGateway(device)).toBe(200)
})

test('the overview says what is to be done, and a person’s page has their alerts, devices and prompts', async () => {
  const device = await someone('wilma')
  await raise(device)
  const asked = Date.now()
  await world.db.insert(approvals).values({
    hash: 'wilmas-prompt',
    sealedToken: '',
    state: 'pending',
    serverName: 'example.org',
    personId: device.person.id,
    deviceId: device.id,
    network: '192.0.2.0/24',
    client: `Element ${MARKUP}`,
    intent: JSON.stringify({ amounts: [{ meter: 'archive', units: 2000 }], rooms: [{ id: '!a:b', name: 'Merger' }] }),
    mergeKey: 'wilma',
    createdAt: new Date(asked),
    expiresAt: new Date(asked + 900_000),
  })
  const page = await world.open(supervisor, '/')
  await page.locator('[data-action=alerts]').waitFor()
  await page.locator('[data-action=watch]').waitFor()
  await page.goto(`${world.issuer}/console/people/${device.person.id}`)
  await page.locator('[data-row^=alr_]').waitFor()
  await page.locator(`[data-row="${device.id}"]`).waitFor()
  await page.locator('[data-row=wilmas-prompt]').waitFor()
  expect(await page.locator('[data-row=wilmas-prompt]').textContent()).toContain('2,000 old messages in one room')
  expect(await page.locator('main').textContent()).not.toContain('Merger')
  expect(await looks(page, 'person-watched')).toEqual([])
  await world.open(supervisor, '/watch')
  await page.locator('[data-row=wilmas-prompt]').waitFor()
  expect(await looks(page, 'watch-prompt', { languages: false })).toEqual([])
  await world.open(supervisor, '/alerts')
  await page.locator('[data-row^=alr_]').first().waitFor()
  expect(await looks(page, 'alerts')).toEqual([])
  await page.locator('[data-row^=alr_] a').first().click()
  await page.locator('[data-action=end-person]').waitFor()
  expect(await looks(page, 'alert', { languages: false })).toEqual([])
})

test('a live page whose stream cannot be opened goes on by itself when it can', async () => {
  const page = await world.open(supervisor, '/watch')
  await page.locator('[data-fresh=true]').waitFor()
  // The stream cannot be opened, and no call gets through.
  await page.route('**/api/console/watch/**', (route) => route.abort())
  await page.reload()
  await page.locator('main h1').waitFor()
  await page.unroute('**/api/console/watch/**')
  await page.locator('[data-fresh=true]').waitFor({ timeout: 60_000 })
})

test('the live page is over within seconds of the role', async () => {
  const other = await world.someone('sophie', 'supervisor')
  const page = await world.open(other, '/watch')
  await page.locator('[data-fresh=true]').waitFor()
  await world.db.update(people).set({ role: 'enroller' }).where(eq(people.id, other.id))
  await page.locator('[data-reason=not-permitted]').waitFor({ timeout: 60_000 })
  expect(await page.locator('[data-figure]').count()).toBe(0)
  expect(await looks(page, 'watch-refused', { languages: false })).toEqual([])
})
