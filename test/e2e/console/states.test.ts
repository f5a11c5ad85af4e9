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
/** Each language is looked at in its own light and width. */
const LOOKS = { fr: { colorScheme: 'dark', width: 320 }, en: { colorScheme: 'light', width: 1024 } } as const
/** What every call but that of who is there comes to. */
const STATES = {
  loading: null,
  failed: { status: 500, reason: 'internal' },
  refused: { status: 403, reason: 'not-permitted' },
  gone: { status: 404, reason: 'not-found' },
  offline: 'offline',
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
    const answer = STATES[state]
    await page.route('**/api/console/**', async (route) => {
      if (route.request().url().endsWith('/me/show')) return route.fallback()
      // Never answered: it goes on loading.
      if (answer === null) return
      if (answer === 'offline') return route.abort('internetdisconnected')
      await route.fulfill({ status: answer.status, json: { reason: answer.reason } })
    })
  }

  test.each(Object.keys(STATES) as (keyof typeof STATES)[])('%s', async (state) => {
    const context = await browser.newContext({
      locale: 'fr-FR',
      // What fades in is looked at when it is there.
      reducedMotion: 'reduce',
      bypassCSP: true,
    })
    const page = await context.newPage()
    const found: unknown[] = []
    page.on('pageerror', (error) => found.push({ thrown: String(error), at: page.url() }))
    await answering(page, state)
    // What is tried once more after a second is tried at once.
    await page.clock.install()
    await page.goto(`${server.url}/console/nowhere`)
    for (const { path } of PAGES) {
      await context.setOffline(false)
      await page.locator('.console main h1').waitFor()
      // From page to page as links go, so that the console is loaded once.
      await page.evaluate(
        (to) => {
          document.querySelector('main h1')?.setAttribute('data-before', '')
          history.pushState(null, '', to)
        },
        `/console${path.replaceAll(/:[a-z]+\??/g, 'x_1')}`,
      )
      await page.locator('.console main h1:not([data-before])').waitFor()
      // The browser says so too, once the page is there.
      if (state === 'offline') {
        await context.setOffline(true)
        await page.locator('.offline').waitFor()
        await page.clock.fastForward(2_000)
      } else if (state !== 'loading')
        await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
      for (let turn = 0; turn < 2; turn++) {
        const language = (await page.getAttribute('html', 'lang')) === 'en' ? 'en' : 'fr'
        const { colorScheme, width } = LOOKS[language]
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        const text = await page.locator('main').innerText()
        if (text.trim().length < 15) found.push({ path, language, says: text })
        if (process.env['PALIER_SCREENSHOTS'])
          await page.screenshot({
            path: `${SCREENSHOTS}/state-${state}-${path.replaceAll('/', '_')}-${language}-${width}.png`,
            fullPage: true,
          })
        found.push(...(await faults(page)).map((fault) => ({ path, language, ...fault })))
        await page.locator('header button[lang]').click()
        await page.locator(`html:not([lang=${language}])`).waitFor()
      }
    }
    await context.close()
    expect(found).toEqual([])
  })
})
