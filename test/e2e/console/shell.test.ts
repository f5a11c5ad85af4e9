// What every page of the console stands in: keyboard, focus, titles, languages, a tap asked for in place, a session that ends, and roles.
import { eq } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGES } from '../../../client/console/pages.ts'
import { idSessions } from '../../../db/schema/sessions.ts'
import { holds } from '../../../server/console/permissions.ts'
import { tabTo } from '../../support/accessible.ts'
import { chromiumPath } from '../../support/chromium.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

const AUDIT = 'a[href="/console/audit"]'

describe.runIf((await chromiumPath()) !== null)('the console', () => {
  let world: ConsoleWorld
  let ada: Someone
  const complaints: string[] = []
  beforeAll(async () => {
    world = await startConsole()
    ada = await world.someone('ada')
    ada.page.on('pageerror', (error) => complaints.push(String(error)))
    ada.page.on('console', (message) => {
      if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text())
    })
  })
  afterAll(() => world?.close())

  const focused = (page: Page) =>
    page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent}`)
  /** As if the last tap were so long ago. */
  const tapped = (minutesAgo: number) =>
    world.db
      .update(idSessions)
      .set({ authTime: new Date(Date.now() - minutesAgo * 60_000) })
      .where(eq(idSessions.personId, ada.id))

  test('somebody who is not signed in signs in, and comes back to where they were going', async () => {
    const context = await world.browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(`${world.issuer}/console/audit?q=%20key.enrolled`)
    await page.waitForURL('**/signin?return_to=*')
    expect(new URL(page.url()).searchParams.get('return_to')).toBe('/console/audit?q=%20key.enrolled')
    await context.close()

    const { page: hers } = ada
    await hers.context().clearCookies()
    await hers.goto(`${world.issuer}/console/audit`)
    await hers.waitForURL('**/signin?return_to=*')
    await hers.locator('[data-action=tap]').click()
    await hers.waitForURL('**/console/audit')
    await hers.locator('main h1').waitFor()
  })

  test('pages are reached by keyboard, take the focus and name the window', async () => {
    const page = await world.open(ada)
    await expect.poll(() => page.title()).toBe('Overview · Palier')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toContain('Skip to content')
    await tabTo(page, AUDIT)
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page)).toMatch(/^H1 /)
    await expect.poll(() => page.title()).toMatch(/^(?!Overview).+ · Palier$/)
    expect(await page.locator('nav [aria-current=page]').count()).toBe(1)
    expect(await page.locator(AUDIT).getAttribute('aria-current')).toBe('page')
    await page.goBack()
    await expect.poll(() => page.title()).toBe('Overview · Palier')
    await expect.poll(() => focused(page)).toBe('H1 Overview')
  })

  test('shortcuts go to pages, list themselves, leave fields alone and can be switched off', async () => {
    const page = await world.open(ada)
    const audit = PAGES.find(({ path }) => path === '/audit')?.nav?.key ?? ''
    await page.keyboard.press('g')
    await page.keyboard.press('Escape')
    await page.keyboard.press(audit)
    expect(new URL(page.url()).pathname).not.toBe('/console/audit')
    await page.keyboard.press('g')
    await page.keyboard.press('Shift')
    await page.keyboard.press(audit)
    await page.waitForURL('**/console/audit')
    await page.locator('main h1').waitFor()
    await page.keyboard.press('?')
    await page.locator('dialog[open]').waitFor()
    expect(await looks(page, 'shell-shortcuts', { languages: false })).toEqual([])
    // Behind the dialog nothing moves, and nothing pressed there counts afterwards.
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    expect(new URL(page.url()).pathname).toBe('/console/audit')
    await page.locator('dialog input[type=checkbox]').uncheck()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    expect(await page.locator('dialog').count()).toBe(0)
    expect(new URL(page.url()).pathname).toBe('/console/audit')
    await page.locator('[data-action=shortcuts]').click()
    await page.locator('dialog input[type=checkbox]').check()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    const field = page.locator('main input[type=text], main input[type=search]').first()
    await field.fill('')
    await field.pressSequentially('g?h')
    expect(await field.inputValue()).toBe('g?h')
    expect(new URL(page.url()).pathname).toBe('/console/audit')
  })

  test('no two pages share a shortcut or an address', () => {
    const keys = PAGES.flatMap(({ nav }) => (nav?.key === undefined ? [] : [nav.key]))
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => !/^[a-z]$/.test(key))).toEqual([])
    expect(new Set(PAGES.map(({ path }) => path)).size).toBe(PAGES.length)
  })

  test('a change with an old tap asks for one in place, and goes on', async () => {
    const page = await world.open(ada, '/audit')
    await tapped(6)
    const exporting = page.locator('[data-action=take-jsonl]').first()
    await exporting.click()
    await page.locator('dialog[open] [data-action=tap]').waitFor()
    expect(await looks(page, 'shell-tap', { languages: false })).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('[data-reason=tap-cancelled]').waitFor()
    await page.locator('dialog').waitFor({ state: 'detached' })

    const file = page.waitForEvent('download')
    await exporting.click()
    await page.locator('dialog[open] [data-action=tap]').click()
    expect((await file).suggestedFilename()).toMatch(/^palier-audit-/)
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  test('a tap that is refused says why and can be made again', async () => {
    const page = await world.open(ada, '/audit')
    await tapped(6)
    await page.locator('[data-action=take-jsonl]').first().click()
    await page.route('**/api/signin/verify', (route) => route.fulfill({ status: 401, json: { reason: 'tap-refused' } }))
    await page.locator('dialog [data-action=tap]').click()
    await page.locator('dialog [data-reason=tap-refused]').waitFor()
    await page.unroute('**/api/signin/verify')
    const file = page.waitForEvent('download')
    await page.locator('dialog [data-action=tap]').click()
    await file
  })

  test('a session that ends asks for a tap where it was', async () => {
    const page = await world.open(ada)
    await world.db.update(idSessions).set({ endedAt: new Date() }).where(eq(idSessions.personId, ada.id))
    // What the overview reads by itself may have asked already, over the page: the link is followed all the same.
    await page.locator(AUDIT).dispatchEvent('click')
    await page.locator('dialog[open] [data-action=tap]').click()
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.locator('[data-row], .table, .empty, [data-sequence]').first().waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/audit')
  })

  test('no connection is said, and so is that it is back', async () => {
    const page = await world.open(ada)
    await page.context().setOffline(true)
    await page.locator('.offline').waitFor()
    expect(await looks(page, 'shell-offline')).toEqual([])
    await page.context().setOffline(false)
    await page.locator('.offline').waitFor({ state: 'detached' })
  })

  test('both languages, in place, and the choice stays', async () => {
    const page = await world.open(ada)
    expect(await looks(page, 'shell-home')).toEqual([])
    await page.locator('header button[lang=fr]').click()
    await page.getByRole('heading', { name: 'Vue d’ensemble' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Vue d’ensemble' }).waitFor()
    expect(await page.getAttribute('html', 'lang')).toBe('fr')
    await page.locator('header button[lang=en]').click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  test('what does not exist says so, and leads back', async () => {
    const page = await world.open(ada, '/nowhere/at/all')
    expect(await looks(page, 'shell-not-found')).toEqual([])
    await page.locator('main a[href="/console"]').click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  test.each(['enroller', 'supervisor', 'auditor'] as const)(
    'who is %s sees what the role gives, and no more',
    async (role) => {
      const them = await world.someone(`a-${role}`, role)
      const page = await world.open(them)
      const shown = await page
        .locator('nav ul a[href^="/console"]')
        .evaluateAll((links) =>
          links.map((link) => new URL((link as HTMLAnchorElement).href).pathname.slice('/console'.length) || '/'),
        )
      const given = PAGES.filter(({ nav, permission }) => nav !== undefined && holds(role, permission)).map(
        ({ path }) => path,
      )
      expect(shown.sort()).toEqual(given.sort())
      const closed = PAGES.find(({ permission, path }) => !path.includes(':') && !holds(role, permission))
      if (closed !== undefined) {
        await page.goto(`${world.issuer}/console${closed.path}`)
        await page.getByRole('heading', { name: 'Your role gives no access to this page' }).waitFor()
      }
      await them.context.close()
    },
  )

  test('a person has no business there', async () => {
    const camille = await world.someone('camille', 'person')
    await camille.page.goto(`${world.issuer}/console/audit`)
    await camille.page.getByText('This page is for administrators').waitFor()
    expect(await camille.page.locator('nav').count()).toBe(0)
    await camille.context.close()
  })

  test('nothing broke its content security policy, nor itself', () => {
    expect(complaints).toEqual([])
  })
})
