// What the companion page says of what was counted and decided.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, enableWebAuthn, launchChromium } from '../../support/chromium.ts'
import { type PagesServer, startPagesServer } from '../../support/pages-server.ts'
import { STATES } from './states/all.ts'
import { prepare } from './states/state.ts'

describe.runIf((await chromiumPath()) !== null)('the companion page', () => {
  let browser: Browser
  let server: PagesServer
  let page: Page
  beforeAll(async () => {
    server = await startPagesServer()
    browser = await launchChromium()
    page = await (await browser.newContext({ locale: 'en-GB' })).newPage()
    await enableWebAuthn(page)
    const state = STATES.find(({ name }) => name === 'me')
    if (state === undefined) throw new Error('no state me')
    prepare(server, state)
    await page.goto(`${server.url}/me`)
    await page.locator('#meters').waitFor()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test('has one heading a meter and a bar a window, each with a name of its own', async () => {
    const meters = page.locator('section[aria-labelledby=meters]')
    expect(await meters.locator('h3').allInnerTexts()).toEqual([
      'Old messages',
      'Messages caught up with',
      'Size of files downloaded (MB)',
      'Keys of the backup',
      'Rooms whose old messages you read',
    ])
    for (const name of [
      '640 of 1,000, in any 1 hour',
      '1,310 of 2,000, in any 24 hours',
      '5,120 of 20,000, in any 30 days',
    ])
      await meters.getByRole('progressbar', { name: `Old messages ${name}` }).waitFor()
    expect(await meters.locator('progress').count()).toBe(7)
  })

  test('says when a request was decided, and of one that waits when it was asked', async () => {
    const decisions = await page.locator('section[aria-labelledby=approvals] li').allInnerTexts()
    expect(decisions.filter((text) => text.includes('Decided:') && !text.includes('Asked:'))).toHaveLength(3)
    expect(decisions.filter((text) => text.includes('Asked:') && text.includes('Waiting'))).toHaveLength(1)
  })
})
