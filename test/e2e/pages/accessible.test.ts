// axe finds nothing on any page in any state, in either language, light and dark, 320 pixels wide; and no page breaks its own policy.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderErrorPage } from '../../../server/errors/page.ts'
import { faults } from '../../support/accessible.ts'
import { buildPages } from '../../support/build-pages.ts'
import { chromiumPath, enableWebAuthn, launchChromium } from '../../support/chromium.ts'
import { type PagesServer, startPagesServer } from '../../support/pages-server.ts'
import { prepare, STATES } from './states.ts'

const shots = process.env['PALIER_SCREENSHOTS']
const LOOKS = (['fr', 'en'] as const).flatMap((locale) => (['light', 'dark'] as const).map((scheme) => ({ locale, scheme })))

describe.runIf((await chromiumPath()) !== null)('every page in every state', () => {
  let browser: Browser
  let server: PagesServer
  beforeAll(async () => {
    buildPages()
    server = await startPagesServer()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  for (const { locale, scheme } of LOOKS) {
    test(`is accessible in ${locale}, ${scheme}, 320 pixels wide`, { timeout: 240_000 }, async () => {
      const context = await browser.newContext({
        locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
        colorScheme: scheme,
        viewport: { width: 320, height: 640 },
        bypassCSP: true,
      })
      const page = await context.newPage()
      await enableWebAuthn(page)
      const found: unknown[] = []
      for (const state of STATES) {
        prepare(server, state)
        await open(page, server.url, state)
        expect(await page.getAttribute('html', 'lang')).toBe(locale)
        found.push(...(await faults(page)).map((fault) => ({ state: state.name, ...fault })))
        if (shots) await page.screenshot({ path: `${shots}/${state.name}-${locale}-${scheme}-320.png`, fullPage: true })
      }
      for (const reason of ['unknown-client', 'expired', 'other-person', 'not-found']) {
        await page.setContent(await renderErrorPage({ reason, locale, status: 400 }).text())
        found.push(...(await faults(page)).map((fault) => ({ state: `error-${reason}`, ...fault })))
      }
      await context.close()
      expect(found).toEqual([])
    })
  }

  test('keeps to its content security policy', { timeout: 120_000 }, async () => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 }, locale: 'fr-FR' })
    await enableWebAuthn(page)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    for (const state of STATES) {
      prepare(server, state)
      await open(page, server.url, state)
      if (shots) await page.screenshot({ path: `${shots}/${state.name}-fr-light-wide.png`, fullPage: true })
    }
    await page.close()
    expect(complaints).toEqual([])
  })
})

async function open(page: Page, url: string, state: (typeof STATES)[number]): Promise<void> {
  await page.goto(url + state.path)
  for (const selector of state.press ?? []) await page.locator(selector).first().click()
  await page.locator(state.shows).first().waitFor()
}
