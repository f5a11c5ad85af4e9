// The console as administrators meet it: id's real parts over a test database, a real Chromium, a virtual key and a browser for each.
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Fault, faults } from './accessible.ts'
import { addVirtualKey, launchChromium, type VirtualKey } from './chromium.ts'
import { startIdServer } from './id-server.ts'

export type Role = 'person' | 'owner' | 'enroller' | 'supervisor' | 'auditor'

/** Somebody at a browser of their own, signed in. */
export interface Someone {
  readonly id: string
  readonly username: string
  readonly context: BrowserContext
  readonly page: Page
  readonly key: VirtualKey
}

export interface ConsoleWorld {
  readonly server: Awaited<ReturnType<typeof startIdServer>>
  readonly issuer: string
  readonly db: Awaited<ReturnType<typeof startIdServer>>['db']
  readonly browser: Browser
  /** Makes a person, enrols a key through the page, and signs in. */
  someone(username: string, role?: Role, options?: { readonly locale?: 'fr-FR' | 'en-GB' }): Promise<Someone>
  /** Opens a page of the console (`/people`), and waits for its heading. */
  open(by: Someone, path?: string): Promise<Page>
  close(): Promise<void>
}

/** `settings` as for `startIdServer`. */
export async function startConsole(...settings: Parameters<typeof startIdServer>): Promise<ConsoleWorld> {
  const server = await startIdServer(...settings)
  const browser = await launchChromium()
  return {
    server,
    issuer: server.issuer,
    db: server.db,
    browser,
    someone: async (username, role = 'owner', options = {}) => {
      const person = await server.person(username, role)
      const context = await browser.newContext({
        locale: options.locale ?? 'en-GB',
        viewport: { width: 1280, height: 900 },
      })
      const page = await context.newPage()
      const key = await addVirtualKey(page)
      await page.goto(person.link)
      await page.locator('#key_name').fill('Key')
      await page.locator('[data-action=tap]').click()
      await page.locator('[data-action=later]').waitFor()
      await page.goto(`${server.issuer}/me`)
      await page.waitForURL('**/signin?return_to=*')
      await page.locator('[data-action=tap]').click()
      await page.waitForURL('**/me')
      return { id: person.id, username, context, page, key }
    },
    open: async ({ page }, path = '/') => {
      await page.goto(`${server.issuer}/console${path === '/' ? '' : path}`)
      // Not what is drawn while it is asked who is here: keys pressed there go nowhere.
      await page.locator('.console main h1, main .sheet:not([aria-busy=true]) h1').first().waitFor()
      return page
    },
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

const WIDTHS = [320, 1024, 1920] as const
const SCHEMES = ['light', 'dark'] as const

/** Where screenshots go: `PALIER_SCREENSHOTS`, else a folder of the system's for such things. */
export const SCREENSHOTS = process.env['PALIER_SCREENSHOTS'] || join(tmpdir(), 'palier-screenshots')

/**
 * Looks at the page as it stands, at 320, 1024 and 1920 pixels, light and dark, and (with `languages`) in the other language as well;
 * takes a picture of each and returns every fault of any.
 */
export async function looks(
  page: Page,
  name: string,
  { languages = true }: { readonly languages?: boolean } = {},
): Promise<readonly Fault[]> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const found: Fault[] = []
  for (let turn = 0; turn < (languages ? 2 : 1); turn++) {
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        const language = await page.getAttribute('html', 'lang')
        const picture = `${name}-${language}-${colorScheme}-${width}`
        await page.screenshot({ path: join(SCREENSHOTS, `${picture}.png`), fullPage: true })
        for (const { fault, detail } of await faults(page)) found.push({ fault: `${picture}: ${fault}`, detail })
      }
    }
    if (languages) await page.locator('header button[lang]').click()
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 900 })
  return found
}
