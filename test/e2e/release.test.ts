// Two administrators release more than a day of taps, in a browser each; and nobody does it alone.
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { allowances } from '../../db/schema/metering.ts'
import { credentials } from '../../db/schema/people.ts'
import { releases } from '../../db/schema/releases.ts'
import { verifyReleaseReceipt } from '../../server/stepup/release-receipt.ts'
import { faults } from '../support/accessible.ts'
import { addVirtualKey, chromiumPath, launchChromium, type VirtualKey } from '../support/chromium.ts'
import { palier } from '../support/deployment.ts'
import { startIdServer } from '../support/id-server.ts'

const tap = '[data-action=tap]'
const ROOM = '!dossier:example.org'

interface Someone {
  readonly id: string
  readonly username: string
  readonly context: BrowserContext
  readonly page: Page
  readonly key: VirtualKey
}

describe.runIf((await chromiumPath()) !== null)('a release by two', () => {
  let server: Awaited<ReturnType<typeof startIdServer>>
  let browser: Browser
  let ada: Someone
  let blaise: Someone
  let camille: Someone

  beforeAll(async () => {
    server = await startIdServer()
    browser = await launchChromium()
    ada = await someone('ada', 'owner')
    blaise = await someone('blaise', 'owner')
    camille = await someone('camille')
    const [credential] = await server.db.select().from(credentials).where(eq(credentials.personId, camille.id))
    await server.device(camille.id, 'camille', credential?.id ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  afterEach(async () => {
    await server.suspend(ada.id, null)
    await server.suspend(blaise.id, null)
  })

  /** Enrols a key through the page and signs in, in a browser of their own. */
  async function someone(username: string, role: 'person' | 'owner' = 'person'): Promise<Someone> {
    const person = await server.person(username, role)
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const key = await addVirtualKey(page)
    await page.goto(person.link)
    await page.locator('#key_name').fill('Key')
    await page.locator(tap).click()
    await page.locator('[data-action=later]').waitFor()
    await page.goto(`${server.issuer}/me`)
    await page.waitForURL('**/signin?return_to=*')
    await page.locator(tap).click()
    await page.getByText('Key', { exact: true }).first().waitFor()
    return { id: person.id, username, context, page, key }
  }

  /** Fills the form in as somebody would, and waits for the request's own page. */
  async function ask(by: Someone, events = '50000'): Promise<string> {
    const { page } = by
    await page.goto(`${server.issuer}/console/release`)
    await page.locator('#username').fill('camille')
    await page.locator('[data-action=look]').click()
    await page.locator('input[name=device]').waitFor()
    await page.locator('#rooms').fill(ROOM)
    await page.locator('#from').fill('2026-01-01')
    await page.locator('#until').fill('2026-03-31')
    await page.locator('#events').fill(events)
    await page.locator('#hours').fill('24')
    await page.locator('#reason').fill('Enquête 2026-117')
    await page.locator('[data-action=ask]').click()
    await page.waitForURL('**/console/release/rel_*')
    await page.locator('[data-tap=first]').waitFor()
    return page.url()
  }

  async function askAndTap(by: Someone): Promise<string> {
    const link = await ask(by)
    await by.page.locator(tap).click()
    await by.page.locator('[data-state=awaiting-second]').waitFor()
    return link
  }

  const idOf = (link: string) => link.slice(link.lastIndexOf('/') + 1)
  const granted = (link: string) =>
    server.db
      .select()
      .from(allowances)
      .where(eq(allowances.approvalHash, idOf(link)))
  const stateOf = async (link: string) =>
    (
      await server.db
        .select()
        .from(releases)
        .where(eq(releases.id, idOf(link)))
    )[0]?.state
  /** What a page can ask of the server behind its buttons' back. */
  const call = (page: Page, verb: string, body: unknown) =>
    page.evaluate(
      async ([path, json]) => {
        const response = await fetch(path as string, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: json as string,
        })
        return { status: response.status, body: (await response.json()) as { reason?: string; intent?: string } }
      },
      [`/api/releases/${verb}`, JSON.stringify(body)],
    )

  test('is asked for, tapped, tapped by another, and leaves a receipt that names both', async () => {
    await ada.page.goto(`${server.issuer}/console`)
    await ada.page.locator('a[href="/console/release"]').click()
    await ada.page.locator('[data-state=list]').waitFor()
    expect(await faults(ada.page)).toEqual([])
    const link = await askAndTap(ada)
    expect(await granted(link)).toEqual([])
    expect(await ada.page.locator('#link').inputValue()).toBe(link)

    await blaise.page.goto(link)
    await blaise.page.locator('[data-tap=second]').waitFor()
    expect(await faults(blaise.page)).toEqual([])
    const seen = await blaise.page.locator('main').innerText()
    for (const told of ['ada', 'camille', ROOM, '50,000', 'Enquête 2026-117', '192.0.2.0/24'])
      expect(seen).toContain(told)
    const [stored] = await server.db
      .select()
      .from(releases)
      .where(eq(releases.id, idOf(link)))
    expect(await blaise.page.locator('[data-intent]').textContent()).toBe(stored?.intent)
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[data-state=granted]').waitFor()
    expect(await granted(link)).toMatchObject([{ personId: camille.id, rooms: [ROOM], granted: 50_000 }])

    const receipt = await blaise.page.evaluate(
      async (path) => (await fetch(path)).json() as Promise<unknown>,
      `/api/releases/receipt?release=${idOf(link)}`,
    )
    expect(await verifyReleaseReceipt(receipt)).toMatchObject({
      ok: true,
      taps: [{ person: ada.id }, { person: blaise.id }],
    })
    const folder = await mkdtemp(join(tmpdir(), 'palier-release-'))
    try {
      const file = join(folder, 'receipt.json')
      writeFileSync(file, JSON.stringify(receipt))
      const said = await palier({}, 'receipt', 'verify', file)
      expect(said).toContain('valid: two enrolled keys signed exactly this')
      expect(said).toContain(ada.id)
      expect(said).toContain(blaise.id)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('is refused for one person, and for the same person twice, also with another key of theirs', async () => {
    const link = await askAndTap(ada)
    await ada.page.reload()
    await ada.page.locator('[data-why=same-person]').waitFor()
    expect(await ada.page.locator(tap).count()).toBe(0)
    const { body } = await call(ada.page, 'context', { release: idOf(link) })
    const asked = { release: idOf(link), intent: body.intent }
    expect(await call(ada.page, 'options', asked)).toMatchObject({ status: 403, body: { reason: 'same-person' } })

    // The same person in another browser, with another key.
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await addVirtualKey(page)
    await page.goto(await server.anotherLink(ada.id))
    await page.locator('#key_name').fill('Spare')
    await page.locator(tap).click()
    await page.locator('.sign, [data-action=later]').first().waitFor()
    await page.goto(link)
    await page.waitForURL('**/signin?return_to=*')
    await page.locator(tap).click()
    await page.locator('[data-why=same-person]').waitFor()
    expect(await page.locator(tap).count()).toBe(0)
    expect(await call(page, 'options', asked)).toMatchObject({ status: 403, body: { reason: 'same-person' } })
    await context.close()

    expect(await stateOf(link)).toBe('awaiting-second')
    expect(await granted(link)).toEqual([])
  })

  test('is refused for a changed intent: in the page, and in the database', async () => {
    const link = await askAndTap(ada)
    const { body } = await call(blaise.page, 'context', { release: idOf(link) })
    const changed = body.intent?.replace('50000', '50001')
    expect(await call(blaise.page, 'options', { release: idOf(link), intent: changed })).toMatchObject({
      status: 409,
      body: { reason: 'intent-changed' },
    })
    // The page was drawn; then somebody with the database asks for more.
    await blaise.page.goto(link)
    await blaise.page.locator('[data-tap=second]').waitFor()
    const raised = body.intent?.replace('50000', '90000') ?? ''
    await server.db
      .update(releases)
      .set({ intent: raised })
      .where(eq(releases.id, idOf(link)))
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[role=alert][data-reason=intent-changed]').waitFor()
    // And drawn again, from the changed one: the first administrator did not sign that.
    await blaise.page.reload()
    await blaise.page.locator('[data-tap=second]').waitFor()
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[role=alert][data-reason=intent-changed]').waitFor()
    expect(await stateOf(link)).toBe('awaiting-second')
    expect(await granted(link)).toEqual([])
  })

  test('is refused for who is not an administrator', async () => {
    const link = await askAndTap(ada)
    await camille.page.goto(link)
    await camille.page.locator('[role=alert][data-reason=owners-only]').waitFor()
    expect(await camille.page.locator('main').innerText()).not.toContain(ROOM)
    await camille.page.goto(`${server.issuer}/console/release`)
    await camille.page.locator('[role=alert][data-reason=owners-only]').waitFor()
    expect(await camille.page.locator('[data-form=release]').count()).toBe(0)
  })

  test('is refused once its time is over', async () => {
    const link = await askAndTap(ada)
    await server.db
      .update(releases)
      .set({ expiresAt: new Date(Date.now() - 1_000) })
      .where(eq(releases.id, idOf(link)))
    await blaise.page.goto(link)
    await blaise.page.locator('[data-state=expired]').waitFor()
    expect(await blaise.page.locator(tap).count()).toBe(0)
    expect(await granted(link)).toEqual([])
  })

  test('is refused for a suspended administrator, first or second, and for a revoked key', async () => {
    const link = await askAndTap(ada)
    await blaise.page.goto(link)
    await blaise.page.locator('[data-tap=second]').waitFor()
    await server.suspend(ada.id, new Date())
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[role=alert][data-reason=first-tap-void]').waitFor()
    await server.suspend(ada.id, null)

    const revoke = (at: Date | null) =>
      server.db.update(credentials).set({ revokedAt: at }).where(eq(credentials.personId, blaise.id))
    await revoke(new Date())
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[role=alert][data-reason=signin-required]').waitFor()
    await revoke(null)
    await server.suspend(blaise.id, new Date())
    // What was said before is still there: the answer is waited for.
    const refused = blaise.page.waitForResponse('**/api/releases/options')
    await blaise.page.locator(tap).click()
    expect((await refused).status()).toBe(401)
    await blaise.page.locator('[role=alert][data-reason=signin-required]').waitFor()
    await server.suspend(blaise.id, null)
    expect(await stateOf(link)).toBe('awaiting-second')
    expect(await granted(link)).toEqual([])
  })

  test('can be denied by the second, and withdrawn by either', async () => {
    const denied = await askAndTap(ada)
    await blaise.page.goto(denied)
    await blaise.page.locator('[data-action=deny]').click()
    await blaise.page.locator('[data-state=denied]').waitFor()

    const link = await askAndTap(ada)
    await blaise.page.goto(link)
    await blaise.page.locator(tap).click()
    await blaise.page.locator('[data-state=granted]').waitFor()
    await ada.page.goto(link)
    await ada.page.locator('[data-action=withdraw]').click()
    await ada.page.locator('.confirm [data-action=withdraw]').click()
    await ada.page.locator('[data-state=withdrawn]').waitFor()
    expect((await granted(link))[0]?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now())
    await ada.page.goto(`${server.issuer}/console/release`)
    await ada.page.locator(`[data-release=${idOf(link)}][data-release-state=withdrawn]`).waitFor()
  })

  test('works with the keyboard alone, and in French', async () => {
    const context = await browser.newContext({ locale: 'fr-FR', storageState: await ada.context.storageState() })
    const page = await context.newPage()
    await page.goto(`${server.issuer}/console/release`)
    await page.locator('[data-state=list]').waitFor()
    expect(await page.locator('h1').innerText()).toBe('Autoriser à deux')
    expect(await faults(page)).toEqual([])
    await page.locator('#username').focus()
    await page.keyboard.type('camille')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('input[name=device]').waitFor()
    expect(await faults(page)).toEqual([])
    await context.close()
  })
})
