// Unmodified clients that live through it all behind the gateway: an initial sync over budget, a request held until it times out, a denied
// tap, scroll-back with a tap, a week offline, an encrypted room; and in the end every message that was sent is there.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import type { Person } from '../support/person.ts'
import { serveBrowserClient } from './browser-client.ts'
import { botClient, jsClient, type LivingClient, nioClient, pageClient, QUIET } from './living-clients.ts'
import { ARCHIVE, IN_EACH, type LivingWorld, livingWorld, ROOMS } from './living-world.ts'

/** Whoever reads without the gateway: the application service, as one of its users. */
const CONTROL = 'seeder-control'
const SCROLL_MS = 300_000
const AS_TOKEN = 'application-service-of-the-tests'

interface Life {
  readonly client: LivingClient
  readonly username: string
  person: Person
}

let world: LivingWorld
let failed = false
// Null only where nobody installed one, and never in continuous integration.
const inBrowser = (await chromiumPath()) === null ? null : await openBrowser()
const lives: Life[] = [
  { client: jsClient(), username: 'js' },
  { client: nioClient(), username: 'nio' },
  { client: botClient(), username: 'bot' },
  ...(inBrowser ? [{ client: pageClient(inBrowser.page, inBrowser.url), username: 'web' }] : []),
].map((life) => ({ ...life, person: undefined as unknown as Person }))
const byName = lives.map((life) => [life.client.name, life] as const)
let control: LivingClient
let archive = ''
let missed = ''
let denied = ''

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true
  })
})

beforeAll(async () => {
  world = await livingWorld({
    owners: [...lives.map(({ username }) => username), CONTROL],
    rooms: [
      { name: 'Room', count: ROOMS, messages: IN_EACH, until_days: 8 },
      { name: 'Ciphered', count: 1, messages: 60, until_days: 8, encrypted: true },
      { name: 'Denied', count: 1, messages: 500, until_days: 8 },
      { name: 'Archive', count: 1, messages: ARCHIVE, until_days: 8 },
    ],
    hold: '2',
  })
  archive = world.roomsOf('Archive')[0] as string
  missed = world.roomsOf('Room')[7] as string
  denied = world.roomsOf('Denied')[0] as string
  control = jsClient({
    baseUrl: world.synapse.url,
    accessToken: AS_TOKEN,
    userId: `@${CONTROL}:localhost`,
    queryParams: { user_id: `@${CONTROL}:localhost` },
    logger: QUIET,
  })
  await Promise.all([
    control.sync(),
    ...lives.map(async (life) => {
      life.person = await world.person(life.username)
      await life.client.signIn(world.places.gateway, await life.person.loginToken())
    }),
  ])
}, 400_000)
afterAll(async () => {
  for (const { client } of lives) await client.end()
  await control?.end()
  await inBrowser?.close()
  if (failed && world) process.stderr.write(readFileSync(world.files.log, 'utf8').slice(-12_000))
  await world?.end()
})

/** Messages that a client was given, of all rooms or of one. */
const had = ({ client }: Life, room?: string): number =>
  [...world.sent].reduce(
    (sum, [id, ids]) =>
      sum + (room === undefined || room === id ? [...ids].filter((one) => client.seen(id).has(one)).length : 0),
    0,
  )

/** Scrolls back until the gateway withholds or the room begins; the last page. */
async function scroll({ client }: Life, room: string): Promise<'done' | 'withheld'> {
  for (;;) {
    const page = await client.page(room)
    if (page !== 'more') return page
  }
}

/** As a person who scrolls again when it did not go on, and has not the patience of an hour. */
async function scrollOn(life: Life, room: string): Promise<void> {
  const untilMs = Date.now() + SCROLL_MS
  while ((await scroll(life, room)) === 'withheld') {
    if (Date.now() > untilMs) throw new Error(`${life.client.name}: ${room} is still withheld`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

const each = (work: (life: Life) => Promise<void>) => Promise.all(lives.map(work))

test('an initial sync over budget shows every room, and withholds what is past it', async () => {
  await each(async (life) => {
    await life.client.sync()
    for (const room of world.sent.keys()) expect(had(life, room), `${life.client.name} ${room}`).toBeGreaterThan(0)
    expect(had(life)).toBeLessThanOrEqual(700)
  })
})

test('the room lists of js-sdk are in the order that they have without a gateway', () => {
  for (const { client } of lives) {
    if (!client.order) continue
    expect(client.order()).toHaveLength(ROOMS + 3)
    expect(client.order()).toEqual(control.order?.())
  }
})

test('a request that nobody taps for is held, then answered 429, and the person was asked', async () => {
  await each(async (life) => {
    expect(await scroll(life, denied)).toBe('withheld')
    expect(await life.person.pending()).toHaveLength(1)
  })
})

test('after a denial the client is refused that room, is not asked about it again at once, and keeps its session', async () => {
  await each(async (life) => {
    const before = had(life, denied)
    for (const { approval_uri: uri } of await life.person.pending()) await world.deny(life.person, uri)
    expect(await scroll(life, denied)).toBe('withheld')
    expect(await life.person.pending()).toHaveLength(0)
    expect(had(life, denied)).toBe(before)
    await life.client.sync()
  })
})

test('with taps it scrolls back through everything', async () => {
  await each(async (life) => {
    await life.person.approveWhile(() => scrollOn(life, archive))
    expect(had(life, archive)).toBe(ARCHIVE)
    expect(life.person.taps).toBeGreaterThan(0)
    expect(life.person.taps).toBeLessThanOrEqual(Math.ceil(ARCHIVE / 500) + 1)
  })
})

test('back from a week offline it shows its rooms, and scrolls the gap after a tap', async () => {
  const others = world.roomsOf('Room').slice(20, 60)
  await world.week([missed], 260)
  await world.week(others, 2)
  await each(async (life) => {
    await life.client.sync()
    const all = (world.sent.get(missed) as Set<string>).size
    expect(had(life, missed)).toBeLessThan(all)
    for (const room of [missed, ...others]) {
      const newest = [...(world.sent.get(room) as Set<string>)].at(-1) as string
      expect(life.client.seen(room).has(newest), `${life.client.name} ${room}`).toBe(true)
    }
    await life.person.approveWhile(() => scrollOn(life, missed))
    expect(had(life, missed)).toBe(all)
  })
  await control.sync()
  for (const { client } of lives) if (client.order) expect(client.order()).toEqual(control.order?.())
})

test.runIf(inBrowser)(
  'the keys of an encrypted room are found in the backup by a new device, after a tap',
  async () => {
    const { browser, url } = inBrowser as InBrowser
    const { person } = lives.at(-1) as Life
    const open = async (key: number[] | null) => {
      const page = await (await browser.newContext()).newPage()
      await page.goto(url)
      await page.waitForFunction(() => window.living)
      const signIn = [world.places.gateway, await person.loginToken(), key] as const
      await page.evaluate(([base, token, bytes]) => window.living.signIn(base, token, bytes, true), signIn)
      await page.evaluate(() => window.living.sync())
      return page
    }
    const said = Array.from({ length: 12 }, (_, index) => `in confidence ${index}`)
    const one = await open(null)
    const key = await person.approveWhile(() => one.evaluate(() => window.living.setUp()))
    const room = await one.evaluate((bodies) => window.living.speak(bodies), said)
    await one.context().close()
    const other = await open(key)
    const restore = () => other.evaluate(() => window.living.restore())
    expect(await restore()).toEqual({ status: 429, imported: 0 })
    const taps = person.taps
    const restored = await person.approveWhile(async () => {
      for (;;) {
        const tried = await restore()
        if (tried.status !== 429) return tried
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    })
    expect(restored.imported).toBeGreaterThan(0)
    expect(person.taps).toBe(taps + 1)
    // The library reads what it could not read before once the keys are there, in its own time.
    await expect.poll(() => other.evaluate((id) => window.living.texts(id), room)).toEqual(said)
    await other.context().close()
  },
)

describe('in the end', () => {
  beforeAll(() => world.lift())

  test.each(byName)('%s has seen every message that was sent, and no other', async (_name, life) => {
    for (const room of world.sent.keys()) await scrollOn(life, room)
    const sum = [...world.sent.values()].reduce((total, ids) => total + ids.size, 0)
    expect(had(life)).toBe(sum)
  })
})

type InBrowser = Awaited<ReturnType<typeof openBrowser>>

async function openBrowser() {
  const served = await serveBrowserClient(new URL('living-page.ts', import.meta.url))
  const browser = await launchChromium()
  const page = await (await browser.newContext()).newPage()
  const close = async () => {
    await browser.close()
    await served.stop()
  }
  return { browser, page, url: served.url, close }
}
