// Each page by keyboard alone, with a real ceremony of a virtual key where the page has one; and the weight of the sign-in page.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tabTo as reach } from '../../support/accessible.ts'
import { addVirtualKey, chromiumPath, launchChromium } from '../../support/chromium.ts'
import { distClient, type PagesServer, startPagesServer } from '../../support/pages-server.ts'
import { STATES } from './states/all.ts'
import { pending } from './states/approve.ts'
import { prepare } from './states/state.ts'

const challenge = 'A'.repeat(43)
const requestOptions = {
  challenge,
  rpId: 'localhost',
  allowCredentials: [],
  userVerification: 'required',
  timeout: 5000,
}
const creationOptions = {
  challenge,
  rp: { id: 'localhost', name: 'Palier' },
  user: { id: 'cGVyXzE', name: 'camille', displayName: 'Camille' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  excludeCredentials: [],
}

describe.runIf((await chromiumPath()) !== null)('by keyboard alone', () => {
  let browser: Browser
  let server: PagesServer
  let page: Page
  beforeAll(async () => {
    server = await startPagesServer()
    browser = await launchChromium()
    page = await (await browser.newContext({ locale: 'fr-FR' })).newPage()
    await addVirtualKey(page)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function visit(name: string, more: () => void = () => {}): Promise<void> {
    const state = STATES.find((one) => one.name === name)
    if (state === undefined) throw new Error(`no state ${name}`)
    prepare(server, state)
    more()
    await page.goto(server.url + state.path)
    await page.locator(state.shows).first().waitFor()
  }

  const tabTo = (selector: string) => reach(page, selector)

  test('a key is enrolled, then a second is asked for and put off', async () => {
    await visit('enrol-setup', () => {
      server.answer('/api/enrol/options', { json: { ceremony: 'cer_1', options: creationOptions } })
      server.answer('/api/enrol/verify', { json: { credential: { id: 'key_1', name: 'Clé principale' }, keys: 1 } })
    })
    await tabTo('#username')
    await page.keyboard.type('Camille')
    await tabTo('#display_name')
    await page.keyboard.type('Camille Moreau')
    await page.keyboard.press('Enter')
    await page.locator('[data-action=later]').waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(server.asked.at(-1)?.body).toMatchObject({
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
      server.answer('/api/signin/options', { json: { ceremony: 'cer_1', options: requestOptions } })
      server.answer('/api/signin/verify', { json: { redirect: '/console' } })
    })
    await tabTo('[data-action=tap]')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/console')
    const verify = server.asked.find((one) => one.path === '/api/signin/verify')
    expect(verify?.body).toMatchObject({
      ceremony: 'cer_1',
      transaction: 'ptx_1',
      response: { type: 'public-key', response: { userHandle: 'cGVyXzE' } },
    })
  })

  test('an approval is given with a tap', async () => {
    await visit('approve-pending', () => {
      server.answer('/api/approvals/options', { json: { ceremony: 'cer_1', options: requestOptions } })
      server.answer('/api/approvals/verify', {
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
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test('an approval is denied', async () => {
    await visit('approve-pending', () =>
      server.answer('/api/approvals/deny', { json: { state: 'denied', device_ended: false } }),
    )
    await tabTo('[data-action=deny]')
    await page.keyboard.press('Enter')
    await page.locator('[data-state=denied]').waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test('a device is signed out after one more question, and the question can be put away', async () => {
    await visit('me', () => server.answer('/api/me/end-device', { json: {} }))
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
      .poll(() => server.asked.find((one) => one.path === '/api/me/end-device')?.body)
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
      expect(await page.locator('main').innerText(), name).not.toBe(french)
      expect(await page.title(), name).toMatch(/ · Palier$/)
      await page.context().clearCookies()
    }
  })

  test('"this was not me" needs no sign-in and asks once more', async () => {
    await visit('approve-signin', () => {
      server.answer('/api/approvals/not-me', { json: { state: 'denied', device_ended: true } })
    })
    await tabTo('[data-action=not-me]')
    await page.keyboard.press('Enter')
    await page.locator('.confirm').waitFor()
    expect(server.asked.some((one) => one.path.endsWith('/not-me'))).toBe(false)
    await tabTo('.confirm [data-action=not-me]')
    await page.keyboard.press('Enter')
    await page.locator('[data-state=ended]').waitFor()
  })

  test('a prompt appears by itself on the companion page, and the language changes in place', async () => {
    await visit('me')
    server.prompt([
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

test('the sign-in page carries at most 14 kB of script, gzipped', () => {
  const manifest = JSON.parse(readFileSync(join(distClient(), '.vite/manifest.json'), 'utf8')) as Record<
    string,
    { file: string; imports?: string[] }
  >
  const files = new Set<string>()
  const collect = (name: string) => {
    const entry = manifest[name]
    if (entry === undefined || files.has(entry.file)) return
    files.add(entry.file)
    for (const imported of entry.imports ?? []) collect(imported)
  }
  collect('signin/main.tsx')
  const bytes = [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(distClient(), file)), { level: 9 }).length,
    0,
  )
  expect(files.size).toBeGreaterThan(1)
  expect(bytes).toBeLessThanOrEqual(14_000)
})
