// A sponsor renews a service that has stopped, with a tap on their own page.
import { eq } from 'drizzle-orm'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { services } from '../../db/schema/services.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { auditLog } from '../../server/audit/log.ts'
import { faults } from '../support/accessible.ts'
import { addVirtualKey, chromiumPath, launchChromium } from '../support/chromium.ts'
import { startIdServer } from '../support/id-server.ts'

const tap = '[data-action=tap]'
const DAY_MS = 86_400_000

describe.runIf((await chromiumPath()) !== null)('services that a person answers for', () => {
  let server: Awaited<ReturnType<typeof startIdServer>>
  let browser: Browser

  beforeAll(async () => {
    server = await startIdServer()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test('are renewed with a tap, and only by that person', async () => {
    const camille = await server.person('camille')
    const { db, ground } = server
    const add = (id: string, name: string, sponsorId: string) =>
      serviceStore(db, auditLog({ store: auditStore(db), clock: ground.clock })).add(
        {
          id,
          name,
          sponsorId,
          serverName: 'example.org',
          userId: '@irc:example.org',
          namespace: ['@_irc_*:example.org'],
          homeserverToken: 'sealed',
          tokenHash: id,
          networks: ['192.0.2.0/24'],
          rooms: null,
          limits: {},
          createdAt: new Date(),
          expiresAt: new Date(Date.now() - DAY_MS),
        },
        'test',
      )
    await add(`svc_${'A'.repeat(22)}`, 'irc-bridge', camille.id)
    await add(`svc_${'B'.repeat(22)}`, 'another', (await server.person('noah')).id)

    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await addVirtualKey(page)
    await page.goto(camille.link)
    await page.locator('#key_name').fill('Key')
    await page.locator(tap).click()
    await page.locator('[data-action=later]').waitFor()
    await page.goto(`${server.issuer}/me`)
    await page.waitForURL('**/signin?return_to=*')
    await page.locator(tap).click()

    const mine = page.locator('[data-service=irc-bridge]')
    await mine.locator('.tag.bad').waitFor()
    expect(await page.locator('[data-service]').count()).toBe(1)
    await mine.locator('[data-action=renew]').click()
    await mine.locator(tap).waitFor()
    expect(await mine.innerText()).toContain('irc-bridge')
    expect(await faults(page)).toEqual([])
    await mine.locator(tap).click()
    await mine.locator('.tag.bad').waitFor({ state: 'detached' })
    const [row] = await db.select().from(services).where(eq(services.name, 'irc-bridge'))
    expect((row?.expiresAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(89 * DAY_MS)
    await context.close()
  })
})
