// Each page by keyboard alone, with a real ceremony of a virtual key where the page has one.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { tabTo as reach } from '../../support/accessible.ts'
import { addVirtualKey, chromiumPath } from '../../support/chromium.ts'
import { inBrowser } from './browser.ts'
import { creationOptions, requestOptions } from './ceremonies.ts'
import { pending } from './states/approve.ts'

describe.runIf((await chromiumPath()) !== null)('by keyboard alone', () => {
  const at = inBrowser()
  let page: Page
  beforeAll(async () => {
    page = await (await at.browser.newContext({ locale: 'fr-FR' })).newPage()
    await addVirtualKey(page)
  })

  const visit = (name: string, more?: () => void) => at.visit(page, name, more)
  const tabTo = (selector: string) => reach(page, selector)

  test('a key is enrolled, then a second is asked for and put off', async () => {
    await visit('enrol-setup', () => {
      at.server.answer('/api/enrol/options', { json: { ceremony: 'cer_1', options: creationOptions } })
      at.server.answer('/api/enrol/verify', { json: { credential: { id: 'key_1', name: 'Clé principale' }, keys: 1 } })
    })
    await tabTo('#username')
    await page.keyboard.type('Camille')
    await tabTo('#display_name')
    await page.keyboard.type('Camille Moreau')
    await page.keyboard.press('Enter')
    await page.locator('[data-action=later]').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(at.server.asked.at(-1)?.body).toMatchObject({
      ticket: 'pet_1',
      username: 'camille',
      display_name: 'Camille Moreau',
      ceremony: 'cer_1',
    })
    await tabTo('[data-action=later]')
    await page.keyboard.press('Enter')
    await page.locator('a[href="/me"]').waitFor()
  })

  test('a tap signs in and leaves for where the server says', async () => {
    await visit('signin', () => {
      at.server.answer('/api/signin/options', { json: { ceremony: 'cer_1', options: requestOptions } })
      at.server.answer('/api/signin/verify', { json: { redirect: '/console' } })
    })
    await tabTo('[data-action=tap]')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/console')
    const verify = at.server.asked.find((one) => one.path === '/api/signin/verify')
    expect(verify?.body).toMatchObject({
      ceremony: 'cer_1',
      transaction: 'ptx_1',
      response: { type: 'public-key', response: { userHandle: 'cGVyXzE' } },
    })
  })

  test('an approval is given with a tap', async () => {
    await visit('approve-pending', () => {
      at.server.answer('/api/approvals/options', { json: { ceremony: 'cer_1', options: requestOptions } })
      at.server.answer('/api/approvals/verify', {
        json: {
          state: 'approved',
          meter: 'archive',
          amounts: [{ meter: 'archive', units: 2000 }],
          expires_at: pending.expires_at,
        },
      })
    })
    await tabTo('[data-action=tap]')
    await page.keyboard.press('Enter')
    await page.locator('[data-state=approved]').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test('an approval is denied', async () => {
    await visit('approve-pending', () =>
      at.server.answer('/api/approvals/deny', { json: { state: 'denied', device_ended: false } }),
    )
    await tabTo('[data-action=deny]')
    await page.keyboard.press('Enter')
    await page.locator('[data-state=denied]').waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test('a device is signed out after one more question, and the question can be put away', async () => {
    await visit('me', () => at.server.answer('/api/me/end-device', { json: {} }))
    await tabTo('[data-action=end-device]')
    await page.keyboard.press('Enter')
    await page.locator('.confirm').waitFor()
    await tabTo('.confirm button:not([data-action])')
    await page.keyboard.press('Enter')
    await page.locator('.confirm').waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-action'))).toBe('end-device')
    await page.keyboard.press('Enter')
    await page.locator('.confirm [tabindex="-1"]:focus').waitFor()
    await tabTo('.confirm [data-action=end-device]')
    await page.keyboard.press('Enter')
    await expect
      .poll(() => at.server.asked.find((one) => one.path === '/api/me/end-device')?.body)
      .toEqual({ device: 'dev_1' })
  })

  test('the console is read and left', async () => {
    await visit('console')
    await tabTo('nav a[href="/me"]')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/me')
  })

  test('every page changes its language in place', async () => {
    for (const name of ['signin', 'enrol', 'approve-pending', 'approve-expired', 'me', 'console']) {
      await visit(name)
      const french = await page.locator('main').innerText()
      await tabTo('button[lang=en]')
      await page.keyboard.press('Enter')
      await page.locator('html[lang=en]').waitFor()
      await expect.poll(() => page.locator('main').innerText(), { message: name }).not.toBe(french)
      await expect.poll(() => page.title(), { message: name }).toMatch(/ · Palier$/)
      await page.context().clearCookies()
    }
  })

  test('"this was not me" needs no sign-in and asks once more', async () => {
    await visit('approve-signin', () => {
      at.server.answer('/api/approvals/not-me', { json: { state: 'denied', device_ended: true } })
    })
    await tabTo('[data-action=not-me]')
    await page.keyboard.press('Enter')
    await page.locator('.confirm').waitFor()
    expect(at.server.asked.some((one) => one.path.endsWith('/not-me'))).toBe(false)
    await tabTo('.confirm [data-action=not-me]')
    await page.keyboard.press('Enter')
    await page.locator('[data-state=ended]').waitFor()
  })

  test('a prompt appears by itself on the companion page, and the language changes in place', async () => {
    await visit('me')
    at.server.prompt([
      {
        approval_uri: '/approve/apv_new',
        created_at: pending.created_at,
        rooms_total: 2,
        meter: 'archive',
        direction: 'backward',
        amounts: [{ meter: 'archive', units: 2000 }],
        device: 'Element',
      },
    ])
    await page.locator('[data-action=look]').waitFor()
    await tabTo('button[lang=en]')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'My devices' }).waitFor()
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    await page.reload()
    await page.getByRole('heading', { name: 'My devices' }).waitFor()
    await page.context().clearCookies()
  })
})
