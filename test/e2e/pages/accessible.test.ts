// axe finds nothing on any page in any state, in either language, light and dark, 320 pixels wide; and no page breaks its own policy.
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { renderErrorPage } from '../../../server/errors/page.ts'
import { confirmationPage, failurePage } from '../../../server/gateway/sso-page.ts'
import { faults } from '../../support/accessible.ts'
import { chromiumPath, enableWebAuthn } from '../../support/chromium.ts'
import { inBrowser } from './browser.ts'
import { STATES } from './states/all.ts'
import { prepare } from './states/state.ts'

const ERROR_REASONS = [
  'unknown-client',
  'unregistered-redirect-uri',
  'sign-in-not-started-here',
  'expired',
  'unknown-link',
  'other-person',
  'not-found',
  'unavailable',
  'internal',
]
const FAILURES = [
  'redirect-not-allowed',
  'other-browser',
  'sign-in-refused',
  'homeserver-unreachable',
  'homeserver-setting',
  'confirmation-unknown',
  'nothing-here',
] as const
const shots = process.env['PALIER_SCREENSHOTS']
const LOOKS = (['fr', 'en'] as const).flatMap((locale) =>
  (['light', 'dark'] as const).map((scheme) => ({ locale, scheme })),
)

describe.runIf((await chromiumPath()) !== null)('every page in every state', () => {
  const at = inBrowser()

  for (const { locale, scheme } of LOOKS) {
    test(`is accessible in ${locale}, ${scheme}, 320 pixels wide`, { timeout: 240_000 }, async () => {
      const context = await at.browser.newContext({
        locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
        colorScheme: scheme,
        viewport: { width: 320, height: 640 },
        bypassCSP: true,
      })
      const page = await context.newPage()
      await enableWebAuthn(page)
      const found: unknown[] = []
      for (const state of STATES) {
        prepare(at.server, state)
        await open(page, at.server.url, state)
        expect(await page.getAttribute('html', 'lang')).toBe(locale)
        found.push(...(await faults(page)).map((fault) => ({ state: state.name, ...fault })))
        if (shots) await page.screenshot({ path: `${shots}/${state.name}-${locale}-${scheme}-320.png`, fullPage: true })
      }
      for (const [name, response] of plainPages(locale)) {
        await page.setContent(await response.text())
        expect(await page.getAttribute('html', 'lang')).toBe(locale)
        found.push(...(await faults(page)).map((fault) => ({ state: name, ...fault })))
        if (shots) await page.screenshot({ path: `${shots}/${name}-${locale}-${scheme}-320.png`, fullPage: true })
      }
      await context.close()
      expect(found).toEqual([])
    })
  }

  for (const locale of ['fr', 'en'] as const) {
    test(`says in ${locale} that the server does not answer, and offers to try again`, async () => {
      const context = await at.browser.newContext({ locale, viewport: { width: 320, height: 640 }, bypassCSP: true })
      const page = await context.newPage()
      await enableWebAuthn(page)
      await page.route('**/api/**', (route) => route.abort('internetdisconnected'))
      const found: unknown[] = []
      for (const path of [
        '/signin',
        '/enrol/pet_1',
        '/approve/apv_1',
        '/me',
        '/console',
        '/console/release',
        '/console/release/rel_1',
      ]) {
        await page.goto(at.server.url + path)
        await page
          .getByText(locale === 'fr' ? 'Le serveur ne répond pas. Vérifiez' : 'The server does not answer. Check')
          .waitFor()
        await page.getByText(locale === 'fr' ? 'Réessayer' : 'Try again', { exact: true }).waitFor()
        found.push(...(await faults(page)).map((fault) => ({ path, ...fault })))
        if (shots)
          await page.screenshot({ path: `${shots}/offline-${path.split('/')[1]}-${locale}-320.png`, fullPage: true })
      }
      await context.close()
      expect(found).toEqual([])
    })
  }

  test('keeps its controls visible in forced colours, and still where less motion is wanted', {
    timeout: 120_000,
  }, async () => {
    const context = await at.browser.newContext({
      locale: 'fr-FR',
      forcedColors: 'active',
      reducedMotion: 'reduce',
      viewport: { width: 900, height: 800 },
      bypassCSP: true,
    })
    const page = await context.newPage()
    await enableWebAuthn(page)
    const hidden: unknown[] = []
    for (const state of STATES) {
      prepare(at.server, state)
      await open(page, at.server.url, state)
      if (shots) await page.screenshot({ path: `${shots}/${state.name}-forced.png`, fullPage: true })
      hidden.push(
        ...(await page.evaluate((name) => {
          const controls = [...document.querySelectorAll<HTMLElement>('.primary, .accent, .tag, .notice')]
          const borderless = controls
            .filter((control) => getComputedStyle(control).borderStyle === 'none')
            .map((control) => ({ name, borderless: control.className }))
          const moving = document
            .getAnimations()
            .filter((animation) => animation.playState === 'running')
            .map(() => ({ name, moving: true }))
          return [...borderless, ...moving]
        }, state.name)),
      )
    }
    await context.close()
    expect(hidden).toEqual([])
  })

  test('keeps to its content security policy', { timeout: 120_000 }, async () => {
    const page = await at.browser.newPage({ viewport: { width: 1100, height: 800 }, locale: 'fr-FR' })
    await enableWebAuthn(page)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    for (const state of STATES) {
      prepare(at.server, state)
      await open(page, at.server.url, state)
      if (shots) await page.screenshot({ path: `${shots}/${state.name}-fr-light-wide.png`, fullPage: true })
    }
    await page.close()
    expect(complaints).toEqual([])
  })
})

/** The pages without script: id's error pages, the gateway's confirmation, and what it says when a sign-in fails. */
function plainPages(locale: 'fr' | 'en'): [string, Response][] {
  const shown = {
    userId: `@${'camille.moreau.'.repeat(6)}:exemple.fr`,
    client: 'messagerie.exemple.fr',
    network: '2001:db8:7::/48',
    href: 'https://messagerie.exemple.fr/?loginToken=plt_1',
  }
  return [
    ...ERROR_REASONS.map((reason): [string, Response] => [
      `error-${reason}`,
      renderErrorPage({ reason, locale, status: 400 }),
    ]),
    ['confirmation', confirmationPage(locale, shown)],
    ...FAILURES.map((reason): [string, Response] => [
      `sso-${reason}`,
      failurePage(
        locale,
        403,
        reason,
        reason === 'homeserver-setting' ? 'user_consent.require_at_registration: false' : undefined,
      ),
    ]),
  ]
}

async function open(page: Page, url: string, state: (typeof STATES)[number]): Promise<void> {
  await page.goto(url + state.path)
  for (const selector of state.press ?? []) await page.locator(selector).first().click()
  await page.locator(state.shows).first().waitFor()
}
