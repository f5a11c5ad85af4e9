// The companion page tells of prompts through the browser: asked for by a button, never by itself, in the person's language.
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { chromiumPath } from '../../support/chromium.ts'
import { inBrowser } from './browser.ts'
import { STATES } from './states/all.ts'
import { prepare } from './states/state.ts'

interface Shown {
  readonly title: string
  readonly tag: string
}

declare global {
  interface Window {
    shown: Shown[]
    asked: number
    lastNotification: { onclick: (() => void) | null }
  }
}

/** What the browser's own part would be: whether it was asked, and what it was given to show. */
function browserSide(answer: NotificationPermission): void {
  window.shown = []
  window.asked = 0
  class Recorded {
    static permission: NotificationPermission = 'default'
    static requestPermission(): Promise<NotificationPermission> {
      window.asked += 1
      Recorded.permission = answer
      return Promise.resolve(answer)
    }
    onclick: (() => void) | null = null
    constructor(title: string, options: { tag: string }) {
      window.shown.push({ title, tag: options.tag })
      window.lastNotification = this
    }
  }
  Object.defineProperty(window, 'Notification', { value: Recorded, configurable: true })
}

describe.runIf((await chromiumPath()) !== null)('notifications of the companion page', () => {
  const at = inBrowser()
  const state = STATES.find(({ path, prompts }) => path === '/me' && (prompts?.length ?? 0) > 0)
  const prompt = state?.prompts?.[0] as { approval_uri: string; device: string }

  beforeEach(() => at.server.reset())

  async function open(locale: string, answer: NotificationPermission): Promise<Page> {
    if (state === undefined) throw new Error('no state of /me has a prompt')
    prepare(at.server, { ...state, prompts: [] })
    const page = await (await at.browser.newContext({ locale })).newPage()
    await page.addInitScript(browserSide, answer)
    await page.goto(`${at.server.url}/me`)
    // The stream is open: what comes from now on is new.
    await page.getByText(/^(?:En direct|Live)$/).waitFor()
    return page
  }
  const shown = (page: Page) => page.evaluate(() => window.shown)
  const list = (page: Page) => page.locator('[data-action=look]')

  test.each([
    ['fr-FR', 'Me prévenir par une notification', 'Votre clé est demandée'],
    ['en-GB', 'Tell me with a notification', 'Your key is needed'],
  ])('in %s: asked for by the button, one for each new prompt, leading to it', async (locale, button, title) => {
    const page = await open(locale, 'granted')
    expect(await page.evaluate(() => window.asked)).toBe(0)
    await page.getByRole('button', { name: button }).click()
    expect(await page.evaluate(() => window.asked)).toBe(1)
    expect(await shown(page)).toEqual([])
    at.server.prompt([prompt])
    await list(page).waitFor()
    await expect.poll(() => shown(page)).toEqual([{ title, tag: prompt.approval_uri }])
    // The same list again is nothing new; and nothing of the device or the rooms is on a screen that others may see.
    at.server.prompt([prompt])
    const next = { ...prompt, approval_uri: `${prompt.approval_uri}-next` }
    at.server.prompt([prompt, next])
    await expect.poll(() => shown(page)).toHaveLength(2)
    expect(JSON.stringify((await shown(page)).map((one) => one.title))).not.toContain(prompt.device)
    await page.evaluate(() => window.lastNotification.onclick?.())
    await page.waitForURL(`**${new URL(next.approval_uri, at.server.url).pathname}`)
    await page.context().close()
  })

  test('without the button nothing is asked and nothing shown', async () => {
    const page = await open('fr-FR', 'granted')
    at.server.prompt([prompt])
    await list(page).waitFor()
    expect(await page.evaluate(() => window.asked)).toBe(0)
    expect(await shown(page)).toEqual([])
    await page.context().close()
  })

  test('refused, the page says so and shows nothing', async () => {
    const page = await open('en-GB', 'denied')
    await page.getByRole('button', { name: 'Tell me with a notification' }).click()
    await page.getByText('Notifications are blocked for this site').waitFor()
    at.server.prompt([prompt])
    await list(page).waitFor()
    expect(await shown(page)).toEqual([])
    await page.context().close()
  })
})
