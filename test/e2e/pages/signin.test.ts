// The sign-in page: what it weighs, a part of it that does not come, and browsers that lack WebAuthn's own JSON methods.
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faults } from '../../support/accessible.ts'
import { addVirtualKey, chromiumPath } from '../../support/chromium.ts'
import { inBrowser } from './browser.ts'
import { creationOptions, requestOptions } from './ceremonies.ts'

const SCRIPT_LIMIT_BYTES = 14_000

describe.runIf((await chromiumPath()) !== null)('the sign-in page', () => {
  const at = inBrowser()
  let page: Page
  beforeEach(async () => {
    page = await (await at.browser.newContext({ locale: 'en-GB', bypassCSP: true })).newPage()
    await addVirtualKey(page)
  })
  afterEach(() => page.context().close())

  const visit = (name: string) => at.visit(page, name)

  test('loads at most 14 kB of script, gzipped, until the key is touched', async () => {
    const scripts: Promise<Buffer>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response.body())
    })
    await visit('signin')
    await page.waitForLoadState('networkidle')
    const bytes = (await Promise.all(scripts)).map((body) => gzipSync(body, { level: 9 }).length)
    expect(bytes.length).toBeGreaterThan(1)
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(SCRIPT_LIMIT_BYTES)
  })

  test('says so when the form of a pass does not come, and has it after another try', async () => {
    await page.route('**/assets/pass-*.js', (route) => route.abort('internetdisconnected'))
    await visit('signin')
    await page.locator('[data-action=pass]').click()
    const said = page.locator('[role=alert][data-reason=offline]')
    await said.waitFor()
    await expect.poll(() => said.evaluate((box) => box === document.activeElement)).toBe(true)
    expect(await faults(page)).toEqual([])
    await page.unroute('**/assets/pass-*.js')
    await page.locator('[data-action=retry]').click()
    await said.waitFor({ state: 'detached' })
    await page.locator('[data-action=pass]').click()
    await page.locator('form[data-form=pass] #code').waitFor()
  })

  test('keys are made and asked by hand where the browser does not speak JSON to them', async () => {
    await page.addInitScript(() => {
      for (const name of ['parseRequestOptionsFromJSON', 'parseCreationOptionsFromJSON'])
        Reflect.deleteProperty(PublicKeyCredential, name)
      Reflect.deleteProperty(PublicKeyCredential.prototype, 'toJSON')
    })
    const base64Url = expect.stringMatching(/^[\w-]+$/)
    await visit('enrol')
    at.server.answer('/api/enrol/options', { json: { ceremony: 'cer_1', options: creationOptions } })
    at.server.answer('/api/enrol/verify', { json: { credential: { id: 'key_1', name: 'Key' }, keys: 1 } })
    await page.locator('[data-action=tap]').click()
    await page.locator('[data-action=later]').waitFor()
    const made = at.server.asked.find(({ path }) => path === '/api/enrol/verify')
    expect(made?.body).toMatchObject({
      response: {
        id: base64Url,
        type: 'public-key',
        response: { clientDataJSON: base64Url, attestationObject: base64Url, transports: ['usb'] },
      },
    })

    await visit('signin')
    at.server.answer('/api/signin/options', { json: { ceremony: 'cer_1', options: requestOptions } })
    at.server.answer('/api/signin/verify', { json: { redirect: '/console' } })
    await page.locator('[data-action=tap]').click()
    await page.waitForURL('**/console')
    const asked = at.server.asked.find(({ path }) => path === '/api/signin/verify')
    expect(asked?.body).toMatchObject({
      response: {
        type: 'public-key',
        response: {
          clientDataJSON: base64Url,
          authenticatorData: base64Url,
          signature: base64Url,
          userHandle: creationOptions.user.id,
        },
      },
    })
  })
})
