// The audit log as an auditor meets it: read, filtered, taken out, held against a head; and what they see when it was tampered with.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'

let world: ConsoleWorld
let auditor: Someone

beforeAll(async () => {
  world = await startConsole()
  auditor = await world.someone('agathe', 'auditor')
})

afterAll(async () => {
  await world?.close()
})

test('entries are shown with their people, filtered, and markup in them stays text', async () => {
  const log = auditLog({ store: auditStore(world.db), clock: { now: () => Date.now() } })
  await log.append({
    action: 'test.markup',
    actor: auditor.id,
    subject: '<img src=x onerror=alert(1)>',
    detail: { name: '<script>alert(1)</script>' },
  })
  const page = await world.open(auditor, '/audit')
  await page.locator('[data-row]').first().waitFor()
  expect(await page.locator('tbody tr').count()).toBeGreaterThan(1)
  await page.locator('[name=subject]').fill('<img src=x onerror=alert(1)>')
  await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
  const row = page.locator('tbody tr')
  expect(await row.textContent()).toContain('<img src=x onerror=alert(1)>')
  expect(await row.textContent()).toContain('agathe')
  await row.locator('summary').click()
  expect(await looks(page, 'audit')).toEqual([])
})

test('nothing found says what to do', async () => {
  const page = await world.open(auditor, '/audit')
  await page.locator('[name=actor]').fill('nobody-at-all')
  await page.locator('.empty', { has: page.getByRole('button') }).waitFor()
  expect(await looks(page, 'audit-empty', { languages: false })).toEqual([])
  await page.locator('.empty button').click()
  await page.locator('[data-row]').first().waitFor()
})

test('what was filtered is taken out as lines that the chain can be followed in, and that is an entry, too', async () => {
  const page = await world.open(auditor, '/audit')
  await page.locator('[name=action]').selectOption('key.')
  const waiting = page.waitForEvent('download')
  await page.locator('[data-action=take-jsonl]').click()
  const file = await waiting
  expect(file.suggestedFilename()).toMatch(/^palier-audit-\d{4}-\d\d-\d\d\.jsonl$/)
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.every(({ action, hash }) => action.startsWith('key.') && /^[0-9a-f]{64}$/.test(hash))).toBe(true)
  await page.locator('[name=action]').selectOption('audit.exported')
  // In words, with the technical name beside them.
  await page.locator('tbody tr', { hasText: /(?:Journal exporté|Log exported).*audit\.exported/ }).waitFor()
  expect(await page.locator('tbody tr').count()).toBe(1)
})

test('a whole chain is said to be whole; a head of somewhere else is not taken; a changed entry is named', async () => {
  const page = await world.open(auditor, '/audit')
  await page.locator('[data-action=verify]').click()
  await page.locator('[data-whole=true]').waitFor()
  expect(await looks(page, 'audit-whole', { languages: false })).toEqual([])

  await page.locator('textarea').fill('not a head')
  await page.locator('[data-action=verify]').click()
  await page.locator('[data-reason=unknown-head]').waitFor()

  await page.locator('textarea').fill('ab'.repeat(32))
  await page.locator('[data-action=verify]').click()
  await page.locator('[data-whole=false]').waitFor()

  await world.db.execute(`update audit_entries set actor = 'nobody' where sequence = 2`)
  await page.locator('textarea').fill('')
  await page.locator('[data-action=verify]').click()
  await expect.poll(() => page.locator('[data-whole=false]').textContent()).toContain('Entry 2')
  expect(await looks(page, 'audit-broken')).toEqual([])
})
