// A browser in front of the pages and their canned answers, for the tests of one file.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { launchChromium } from '../../support/chromium.ts'
import { type PagesServer, startPagesServer } from '../../support/pages-server.ts'
import { STATES } from './states/all.ts'
import { prepare, type State } from './states/state.ts'

/** Starts both before the tests of the `describe` it is called in, and ends them afterwards: read them in a test or a hook. */
export function inBrowser() {
  let browser: Browser
  let server: PagesServer
  beforeAll(async () => {
    server = await startPagesServer()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  return {
    get browser() {
      return browser
    },
    get server() {
      return server
    },
    /** Opens a state by its name; `more` answers what comes after it. */
    async visit(page: Page, name: string, more: () => void = () => {}): Promise<void> {
      const state = stateOf(name)
      prepare(server, state)
      more()
      await page.goto(server.url + state.path)
      await page.locator(state.shows).first().waitFor()
    },
  }
}

function stateOf(name: string): State {
  const state = STATES.find((one) => one.name === name)
  if (state === undefined) throw new Error(`no state ${name}`)
  return state
}
