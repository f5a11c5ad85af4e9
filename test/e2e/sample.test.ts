// The main job from end to end, as a newcomer meets it: the product in a process of its own, a real browser, keys that answer.
// One story, told in order: enrol, sign in, read, be stopped at exactly the threshold, tap, read on; then what must end, ends.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { faults, tabTo } from '../support/accessible.ts'
import { type CarriedKey, carriedKey } from '../support/carried-key.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { type Product, startProduct } from '../support/product.ts'

const THRESHOLD = 1_000
const A_TAP = 2_000
const BUSIEST = '!sample0:localhost'
const ANOTHER = '!sample1:localhost'
const shots = process.env['PALIER_SCREENSHOTS']
const tap = '[data-action=tap]'

describe.runIf((await chromiumPath()) !== null)('from a tap to a page of history', () => {
  let product: Product
  let browser: Browser
  let context: BrowserContext
  let reader: Page
  let me: Page
  let firstKey: CarriedKey
  /** Events that the gateway's own answers carried: on opening, and on scrolling back. */
  const opened = new Set<string>()
  const scrolled = new Set<string>()
  const complaints: string[] = []

  let failed = false
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      failed = true
    })
  })
  beforeAll(async () => {
    // Held long enough to be seen, short enough to see what comes after.
    product = await startProduct({ PALIER_HOLD: '5' })
    browser = await launchChromium()
    context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 } })
    firstKey = carriedKey()
  })
  afterAll(async () => {
    await browser?.close()
    await product?.end()
    // What the product said is what explains a failure.
    if (failed) process.stderr.write(product?.output.slice(-20_000) ?? '')
  })

  test('the set-up link makes the first person, names a key and asks for a second', async () => {
    const page = await context.newPage()
    await firstKey.plugInto(page)
    await page.goto(product.setupLink)
    await page.locator('#username').fill('camille')
    await page.locator('#display_name').fill('Camille Moreau')
    await page.locator('#key_name').fill('Porte-clés')
    await page.locator(tap).click()
    await page.locator('[data-action=later]').waitFor()

    await firstKey.unplug()
    const second = carriedKey()
    await second.plugInto(page)
    await page.locator('#key_name').fill('Tiroir')
    await page.locator(tap).click()
    await page.locator('.sign').waitFor()
    await second.unplug()

    await page.goto(product.setupLink)
    await page.locator('[role=alert][data-reason]').waitFor()
    await page.close()
  })

  test('the companion page opens with a tap and shows both keys', async () => {
    me = await context.newPage()
    await firstKey.plugInto(me)
    await me.goto(`${product.id}/me`)
    await me.waitForURL('**/signin?return_to=*')
    await me.locator(tap).click()
    await me.getByText('Porte-clés').waitFor()
    await me.getByText('Tiroir').waitFor()
    expect(await me.locator('[data-action=look]').count()).toBe(0)
  })

  test('the reader signs in through single sign-on, with a confirmation of whom and for what', async () => {
    reader = await context.newPage()
    watch(reader)
    await reader.goto(product.reader)
    expect(await reader.getAttribute('html', 'lang')).toBe('fr')
    await shoot(reader, 'reader-door')
    await reader.locator('[data-action=sign-in]').click()
    await firstKey.plugInto(reader)
    await reader.locator(tap).click()
    await reader.locator('[data-action=continue]').waitFor()
    expect(await reader.locator('main').innerText()).toContain('@camille:localhost')
    expect(await reader.locator('main').innerText()).toContain(new URL(product.reader).host)
    expect(await looks(reader, 'confirmation')).toEqual([])
    await reader.locator('[data-action=continue]').click()
    await reader.locator('[data-state=in]').waitFor()
    expect(reader.url()).toBe(product.reader)
    expect(await reader.locator('#search-hint').innerText()).toContain('876')
    await expect.poll(async () => (await counted('received')) - opened.size).toBe(0)
    expect(opened.size).toBeGreaterThan(876)
  })

  test('a message that is sent comes back by itself', async () => {
    await open(reader, BUSIEST)
    await reader.locator('#message').fill('Bonjour à tous')
    await reader.locator('[data-action=send]').click()
    await reader.locator('.messages li').last().getByText('Bonjour à tous').waitFor()
  })

  test(`is stopped at exactly ${THRESHOLD} events, not one more`, async () => {
    await readUntilAsked(reader)
    await expect.poll(() => scrolled.size).toBe(THRESHOLD)
    expect(await counted('scrolled')).toBe(THRESHOLD)
    await shoot(reader, 'reader-asked')
  })

  test('the companion page shows the request by itself, without being loaded again', async () => {
    await me.locator('[data-action=look]').waitFor()
    await shoot(me, 'me-asked')
  })

  test('the approval page says which device, network, client and room, and how many', async () => {
    const page = await openApproval(reader)
    await page.locator('[data-state=pending]').waitFor()
    const said = (await page.locator('main').innerText()).replace(/\s/gu, ' ')
    for (const words of [
      'Camille Moreau',
      'Lecteur d’essai',
      '127.0.0.',
      'Chrom',
      BUSIEST,
      '2 000 anciens messages',
      '8 heures',
    ]) {
      expect(said).toContain(words)
    }
    const name = await reader.locator('#room-title').innerText()
    expect(said).toContain(name)
    await shoot(page, 'approve-real')
    await firstKey.plugInto(page)
    await page.locator(tap).click()
    await page.locator('[data-state=approved]').waitFor()
    await firstKey.unplug()
    await page.close()
  })

  test(`reads on by itself, exactly ${A_TAP} more, and is stopped again`, async () => {
    await expect.poll(() => counted('scrolled'), { timeout: 60_000 }).toBeGreaterThan(THRESHOLD)
    await readUntilAsked(reader)
    await expect.poll(() => scrolled.size).toBe(THRESHOLD + A_TAP)
    expect(await counted('scrolled')).toBe(THRESHOLD + A_TAP)
  })

  test('after a restart everyone is still signed in, and nothing is forgotten', async () => {
    await product.stop()
    await reader.locator('[data-connected=false]').waitFor()
    await product.start()
    await reader.locator('[data-connected=true]').waitFor({ timeout: 30_000 })
    await readUntilAsked(reader)
    expect(scrolled.size).toBe(THRESHOLD + A_TAP)
    await me.reload()
    await me.getByText('Porte-clés').waitFor()
  })

  test('after a kill -9 too', async () => {
    await product.kill()
    await reader.locator('[data-connected=false]').waitFor()
    await product.start()
    await reader.locator('[data-connected=true]').waitFor({ timeout: 30_000 })
    await readUntilAsked(reader)
    expect(scrolled.size).toBe(THRESHOLD + A_TAP)
    await me.reload()
    await me.getByText('Porte-clés').waitFor()
  })

  test('a tap from the companion page releases exactly as much', async () => {
    await me.locator('[data-action=look]').first().click()
    await me.locator('[data-state=pending]').waitFor()
    await firstKey.plugInto(me)
    await me.locator(tap).click()
    await me.locator('[data-state=approved]').waitFor()
    await expect.poll(() => counted('scrolled'), { timeout: 60_000 }).toBeGreaterThan(THRESHOLD + A_TAP)
    await readUntilAsked(reader)
    await expect.poll(() => scrolled.size).toBe(THRESHOLD + 2 * A_TAP)
    await me.goto(`${product.id}/me`)
  })

  test('a denied request reads nothing, and the reader stops asking', async () => {
    const page = await openApproval(reader)
    await page.locator('[data-action=deny]').click()
    await page.locator('[data-state=denied]').waitFor()
    await page.close()
    await reader.locator('[data-asks=not-now]').waitFor({ timeout: 60_000 })
    await shoot(reader, 'reader-denied')
    expect(scrolled.size).toBe(THRESHOLD + 2 * A_TAP)
  })

  test('a reload of the reader asks for nothing again', async () => {
    const before = opened.size
    await reader.reload()
    await reader.locator('[data-state=in]').waitFor()
    expect(opened.size).toBe(before)
    expect(await counted('received')).toBeGreaterThanOrEqual(before)
  })

  test('the reader is accessible in every state, in both languages, light and dark, 320 pixels wide', async () => {
    expect(await looks(reader, 'reader-rooms')).toEqual([])
    await open(reader, ANOTHER)
    await reader.locator('[data-action=earlier]').click()
    await reader.locator('[data-asks=key]').waitFor()
    expect(await looks(reader, 'reader-key')).toEqual([])
  })

  test('"this was not me" ends the session', async () => {
    const page = await openApproval(reader)
    await page.locator('[data-action=not-me]').click()
    await page.locator('.confirm [data-action=not-me]').click()
    await reader.locator('[data-why=hard]').waitFor()
    await page.locator('[data-state=ended]').waitFor()
    await page.close()
    expect(await looks(reader, 'reader-ended')).toEqual([])
    const before = scrolled.size
    await reader.reload()
    await reader.locator('[data-action=sign-in]').waitFor()
    expect(scrolled.size).toBe(before)
  })

  test('a login token that came in a link is not used', async () => {
    const page = await context.newPage()
    await page.goto(`${product.reader}?loginToken=plt_somebody-elses`)
    await page.locator('[data-why=foreign]').waitFor()
    expect(page.url()).toBe(product.reader)
    await page.close()
  })

  test('in English and by keyboard alone: sign in, open a room, be asked, approve, read, sign out', async () => {
    const english = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } })
    const page = await english.newPage()
    watch(page)
    await page.goto(product.reader)
    await page.getByRole('heading', { name: 'Read as your messenger would' }).waitFor()
    await press(page, '[data-action=sign-in]')
    await firstKey.plugInto(page)
    await page.locator(tap).waitFor()
    await press(page, tap)
    await page.locator('[data-action=continue]').waitFor()
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    await press(page, '[data-action=continue]')
    await page.locator('[data-state=in]').waitFor()
    await tabTo(page, '#search')
    await page.keyboard.type(ANOTHER)
    await press(page, '.room-entry')
    await page.locator('[data-action=earlier]').waitFor()
    await tabTo(page, '[data-action=earlier]')
    // What the ended device had read was given back to its owner: the threshold is whole again, and not more than whole.
    await readUntilAsked(page, () => page.keyboard.press('Enter'))
    expect(await counted('scrolled', page)).toBe(THRESHOLD)
    await page.locator('[data-action=open-approval][href*="/approve/"]').waitFor({ timeout: 60_000 })
    const [approval] = await Promise.all([english.waitForEvent('page'), press(page, '[data-action=open-approval]')])
    await firstKey.plugInto(approval)
    await approval.getByRole('heading', { name: 'Allow this device?' }).waitFor()
    await press(approval, tap)
    await approval.getByRole('heading', { name: 'Approved' }).waitFor()
    await approval.close()
    await expect.poll(() => counted('scrolled', page), { timeout: 60_000 }).toBeGreaterThan(THRESHOLD)
    await press(page, '[data-action=sign-out]')
    await page.locator('[data-why=out]').waitFor()
    await english.close()
  })

  test('no page complained of its content security policy or of a cross-origin answer', () => {
    expect(complaints).toEqual([])
  })

  /** Counts what the gateway's answers carry, apart from what the reader says. */
  function watch(page: Page): void {
    page.on('response', async (response) => {
      const url = new URL(response.url())
      if (url.origin !== product.gateway || response.status() !== 200 || response.request().method() !== 'GET') return
      if (url.pathname.endsWith('/messages')) {
        const { chunk } = (await response.json()) as { chunk: { event_id: string }[] }
        for (const event of chunk) scrolled.add(event.event_id)
      } else if (url.pathname.endsWith('/sync')) {
        const { rooms } = (await response.json()) as {
          rooms: { join: Record<string, { timeline: { events: { event_id: string }[] } }> }
        }
        for (const room of Object.values(rooms.join))
          for (const event of room.timeline.events) opened.add(event.event_id)
      }
    })
    page.on('console', (message) => {
      if (/content security policy|refused to|cors policy/i.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
  }

  async function counted(name: 'received' | 'scrolled', page = reader): Promise<number> {
    return Number(await page.locator(`[data-counter=${name}]`).getAttribute('data-count'))
  }

  async function open(page: Page, room: string): Promise<void> {
    await page.locator('#search').fill(room)
    await page.locator(`[data-room="${room}"]`).click()
    await page.locator(`[data-room-open="${room}"]`).waitFor()
  }

  /** Loads earlier messages, page after page, until the reader says that the key is needed. */
  async function readUntilAsked(page: Page, load = () => page.locator('[data-action=earlier]').click()): Promise<void> {
    // What is merely slow is taken for held: the address of the approval is known from the gateway's answer only.
    const asked = async () => (await page.locator('[data-asks=key] [href*="/approve/"]').count()) > 0
    for (let pages = 0; pages < 60; pages += 1) {
      const before = await counted('scrolled', page)
      if ((await page.locator('[data-reading=idle], [data-reading=failed]').count()) > 0) await load()
      await expect
        .poll(async () => (await counted('scrolled', page)) > before || (await asked()), { interval: 20 })
        .toBe(true)
      if ((await counted('scrolled', page)) === before) return
    }
    throw new Error('was never stopped')
  }

  async function openApproval(page: Page): Promise<Page> {
    const link = page.locator('[data-action=open-approval][href*="/approve/"]')
    await link.waitFor({ timeout: 60_000 })
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()])
    await opened.locator('[data-state]:not([data-state=loading])').waitFor()
    return opened
  }

  async function press(page: Page, selector: string): Promise<void> {
    await tabTo(page, selector)
    await page.keyboard.press('Enter')
  }

  /** The faults of a page in light and dark, narrow and wide, and in both languages where it can switch. */
  async function looks(page: Page, name: string): Promise<unknown[]> {
    const found: unknown[] = []
    for (const locale of ['fr', 'en'] as const) {
      const other = page.locator(`button[lang=${locale}]`)
      if ((await other.count()) > 0) await other.click()
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [320, 1280]) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 900 })
          found.push(...(await faults(page)).map((fault) => ({ name, locale, colorScheme, width, ...fault })))
          await shoot(page, `${name}-${locale}-${colorScheme}-${width}`)
        }
      }
    }
    const french = page.locator('button[lang=fr]')
    if ((await french.count()) > 0) await french.click()
    await page.emulateMedia({ colorScheme: 'light' })
    return found
  }

  async function shoot(page: Page, name: string): Promise<void> {
    if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true })
  }
})
