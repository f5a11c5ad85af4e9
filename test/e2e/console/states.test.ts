// Every page of the console while it loads, when it is refused, when the server fails and when there is no connection: axe finds nothing,
// nothing is thrown, and there is always a sentence that says what to do.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGES } from '../../../client/console/pages.ts'
import { PERMISSIONS } from '../../../server/console/permissions.ts'
import { faults } from '../../support/accessible.ts'
import { chromiumPath, launchChromium } from '../../support/chromium.ts'
import { SCREENSHOTS } from '../../support/console.ts'
import { type PagesServer, startPagesServer } from '../../support/pages-server.ts'

const me = { id: 'per_1', username: 'ada', role: 'owner', permissions: PERMISSIONS }
const FRENCH_NIGHT = { locale: 'fr-FR', colorScheme: 'dark', width: 320 } as const
const ENGLISH_DAY = { locale: 'en-GB', colorScheme: 'light', width: 1024 } as const
/** What every call but that of who is there comes to, and how it is looked at. */
const STATES = {
  loading: { answer: null, look: FRENCH_NIGHT },
  failed: { answer: { status: 500, reason: 'internal' }, look: ENGLISH_DAY },
  refused: { answer: { status: 403, reason: 'not-permitted' }, look: FRENCH_NIGHT },
  gone: { answer: { status: 404, reason: 'not-found' }, look: ENGLISH_DAY },
  offline: { answer: 'offline', look: FRENCH_NIGHT },
} as const

describe.runIf((await chromiumPath()) !== null)('every page of the console', () => {
  let browser: Browser
  let server: PagesServer
  beforeAll(async () => {
    server = await startPagesServer()
    server.answer('/api/console/me/show', { json: me })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function answering(page: Page, state: keyof typeof STATES): Promise<void> {
    const { answer } = STATES[state]
    await page.route('**/api/console/**', async (route) => {
      if (route.request().url().endsWith('/me/show')) return route.fallback()
      // Never answered: it goes on loading.
      if (answer === null) return
      if (answer === 'offline') return route.abort('internetdisconnected')
      await route.fulfill({ status: answer.status, json: { reason: answer.reason } })
    })
  }

  test.each(Object.keys(STATES) as (keyof typeof STATES)[])('%s', async (state) => {
    const { look } = STATES[state]
    const context = await browser.newContext({
      locale: look.locale,
      colorScheme: look.colorScheme,
      viewport: { width: look.width, height: 800 },
      // What fades in is looked at when it is there.
      reducedMotion: 'reduce',
      bypassCSP: true,
    })
    const page = await context.newPage()
    const found: unknown[] = []
    page.on('pageerror', (error) => found.push({ thrown: String(error), at: page.url() }))
    await answering(page, state)
    for (const { path } of PAGES) {
      await page.goto(`${server.url}/console${path.replaceAll(/:[a-z]+\??/g, 'x_1')}`)
      await page.locator('.console main h1').waitFor()
      if (state !== 'loading') await page.waitForLoadState('networkidle')
      const text = await page.locator('main').innerText()
      if (text.trim().length < 15) found.push({ path, says: text })
      if (process.env['PALIER_SCREENSHOTS'])
        await page.screenshot({
          path: `${SCREENSHOTS}/state-${state}-${path.replaceAll('/', '_')}-${look.width}.png`,
          fullPage: true,
        })
      found.push(...(await faults(page)).map((fault) => ({ path, ...fault })))
    }
    await context.close()
    expect(found).toEqual([])
  })
})
