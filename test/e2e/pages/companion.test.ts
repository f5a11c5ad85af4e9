// What the companion page says of what was counted and decided.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, enableWebAuthn } from '../../support/chromium.ts'
import { inBrowser } from './browser.ts'

describe.runIf((await chromiumPath()) !== null)('the companion page', () => {
  const at = inBrowser()
  let page: Page
  beforeAll(async () => {
    page = await (await at.browser.newContext({ locale: 'en-GB' })).newPage()
    await enableWebAuthn(page)
    await at.visit(page, 'me')
  })

  test('has one heading a meter and a bar a window, each with a name of its own', async () => {
    const meters = page.locator('section[aria-labelledby=meters]')
    expect(await meters.locator('h3').allInnerTexts()).toEqual([
      'Old messages',
      'Catch-up messages',
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
