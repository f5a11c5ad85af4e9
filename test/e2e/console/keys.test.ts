// Keys as administrators meet them: who has which, what groups ask for, a key taken away, and a model that turns out to be unsafe.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { authenticatorModels, credentials } from '../../../db/schema/people.ts'
import { addVirtualKey } from '../../support/chromium.ts'
import { type ConsoleWorld, looks, type Someone, startConsole } from '../../support/console.ts'
import { metadataBlob, metadataEntry, metadataRootPem } from '../../support/metadata.ts'

const MODEL = 'a11ce000-0000-4000-8000-0000000000aa'
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let world: ConsoleWorld
let owner: Someone
let alice: Someone

beforeAll(async () => {
  world = await startConsole(() => ({ PALIER_METADATA_ROOTS: metadataRootPem }))
  owner = await world.someone('olga', 'owner')
  alice = await world.someone('alice', 'person')
  await world.server.person('basile')
  await world.db.update(credentials).set({ aaguid: MODEL }).where(eq(credentials.personId, alice.id))
  const at = new Date()
  await world.db.insert(groups).values({ id: 'grp_field', displayName: 'Field <b>team</b>', createdAt: at })
  await world.db.insert(groupMembers).values({ groupId: 'grp_field', personId: alice.id, addedAt: at })
})

afterAll(async () => {
  await world?.close()
})

const blob = (number: number, ...statuses: { status: string }[]) => {
  const entry = metadataEntry({ statuses: [{ status: 'FIDO_CERTIFIED_L1' }, ...statuses] })
  const metadataStatement = {
    ...entry.metadataStatement,
    description: 'Acme Key 5 <img src=x onerror=alert(1)>',
    icon: `data:image/png;base64,${PNG}`,
  }
  return metadataBlob({ number, nextUpdate: '2027-06-01', entries: [{ ...entry, metadataStatement }] })
}

async function choose(page: Someone['page'], name: string, jwt: string) {
  await page.locator('#blob').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(jwt) })
  await page.locator('[data-action=look]').click()
}

test('metadata that is not what it should be is refused in plain words, and none is asked for when there is none', async () => {
  const page = await world.open(owner, '/keys/models')
  await page.locator('.empty').waitFor()
  expect(await looks(page, 'keys-models-empty', { languages: false })).toEqual([])
  await page.locator('.empty a').click()
  await page.locator('#blob').waitFor()
  await choose(page, 'page.html', '<script>alert(1)</script>')
  await page.locator('[data-reason=blob-malformed]').waitFor()
  expect(await looks(page, 'keys-metadata-refused', { languages: false })).toEqual([])
})

test('metadata is looked at, applied, and its models are shown with their pictures', async () => {
  const page = await world.open(owner, '/keys/metadata')
  await choose(page, 'blob.jwt', await blob(1))
  await page.locator('[data-preview="1"]').waitFor()
  await page.locator('[data-action=apply]').click()
  await page.locator('.wrong').waitFor()
  await page.locator('textarea[name=reason]').fill('first import')
  await page.locator('[data-action=apply]').click()
  await page.locator('.terms').waitFor()
  expect(await looks(page, 'keys-metadata')).toEqual([])

  await world.open(owner, '/keys/models')
  const picture = page.locator('img.key-picture')
  await picture.waitFor()
  await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1)
  expect(await page.locator('tbody').textContent()).toContain('<img src=x onerror=alert(1)>')
  expect(await looks(page, 'keys-models')).toEqual([])
  await page.locator('[data-action=forbid]').click()
  await page.locator('dialog textarea').fill('a trial')
  expect(await looks(page, 'keys-forbid', { languages: false })).toEqual([])
  await page.locator('[data-action=confirm]').click()
  await page.locator('[data-action=allow]').click()
  await page.locator('dialog textarea').fill('the trial is over')
  await page.locator('[data-action=confirm]').click()
  // Keys that were refused are let in by two.
  await page.locator('dialog [data-act]').waitFor()
  await world.db.execute('update authenticator_models set allowed = true')
})

test('a group’s policy is set with a list of models, and whoever is below it is one click away', async () => {
  const page = await world.open(owner, '/keys/policies')
  await page.locator('.empty').waitFor()
  await page.locator('[data-action=add]').click()
  await page.locator('input[name=listed]').check()
  await page.locator(`.model-list input`).first().check()
  expect(await looks(page, 'keys-policy-dialog', { languages: false })).toEqual([])
  await page.locator('[data-action=confirm]').click()
  await page.locator('[data-row=grp_field]').waitFor()
  expect(await page.locator('[data-row=grp_field]').textContent()).toContain('Field <b>team</b>')
  expect(await looks(page, 'keys-policies')).toEqual([])
  await world.open(owner, '/groups/grp_field')
  await page.locator('[data-action=key-policy]').click()
  await page.locator('dialog select[name=min_keys]').selectOption('1')
  await page.locator('[data-action=confirm]').click()
  await page.locator('dialog').waitFor({ state: 'detached' })
  expect(await looks(page, 'keys-group', { languages: false })).toEqual([])

  await world.open(owner, '/keys')
  await page.locator('[data-filter=none]').click()
  await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
  expect(await page.locator('tbody').textContent()).toContain('basile')
  await page.locator('[data-filter=below]').click()
  await expect.poll(() => page.locator('tbody').textContent()).toContain('alice')
  expect(await looks(page, 'keys')).toEqual([])
  await page.locator('[data-filter=revoked]').click()
  await page.locator('.empty').waitFor()
  expect(await looks(page, 'keys-empty', { languages: false })).toEqual([])
})

test('a key built into the computer is not asked for where a group does not allow it, and let in where one does', async () => {
  const enrol = async () => {
    const context = await world.browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await addVirtualKey(page, { transport: 'internal' })
    await page.goto(await world.server.anotherLink(alice.id))
    await page.locator('#key_name').fill('This computer')
    const asked = page.waitForResponse('**/api/enrol/options')
    await page.locator('[data-action=tap]').click()
    const { options } = await (await asked).json()
    return { page, attachment: options.authenticatorSelection.authenticatorAttachment }
  }
  const builtIn = () => world.db.select().from(credentials).where(eq(credentials.kind, 'platform'))
  const set = (allowed: boolean) =>
    world.db.execute(
      `update group_key_policies set policy = 'device-bound', aaguids = null, platform_allowed = ${allowed}`,
    )
  await set(false)
  const refused = await enrol()
  expect(refused.attachment).toBe('cross-platform')
  await refused.page.context().close()
  await set(true)
  const { page, attachment } = await enrol()
  expect(attachment).toBe(undefined)
  await expect.poll(async () => (await builtIn()).length).toBe(1)
  await page.context().close()
})

test('a key’s page says where it was last used; it is renamed, and revoked with all that was opened with it', async () => {
  const [builtIn] = await world.db.select().from(credentials).where(eq(credentials.kind, 'platform'))
  const page = await world.open(owner, `/keys/${builtIn?.id}`)
  await page.locator('[data-action=rename]').click()
  await page.locator('dialog input[name=name]').fill('Old <i>laptop</i>')
  await page.locator('[data-action=confirm]').click()
  await expect.poll(() => page.locator('h1').textContent()).toContain('Old <i>laptop</i>')
  expect(await looks(page, 'keys-key')).toEqual([])
  await page.locator('[data-action=revoke]').click()
  await page.locator('[data-action=confirm]').click()
  await page.locator('dialog [data-reason=bad-reason]').waitFor()
  await page.locator('dialog textarea').fill('sold')
  expect(await looks(page, 'keys-revoke', { languages: false })).toEqual([])
  await page.locator('[data-action=confirm]').click()
  await expect.poll(() => page.locator('.notice').textContent()).toContain('sold')
})

test('a model that turns out to be unsafe: who is affected is shown, and then their keys stop working and they are told', async () => {
  const page = await world.open(owner, '/keys/metadata')
  await choose(page, 'blob.jwt', await blob(2, { status: 'USER_KEY_REMOTE_COMPROMISE' }))
  await page.locator('[data-preview="2"]').waitFor()
  expect(await page.locator('[data-affected=cut-off]').textContent()).toContain('alice')
  expect(await page.locator('[data-left="1"]').textContent()).toContain('alice')
  expect(await looks(page, 'keys-preview')).toEqual([])
  await page.locator('textarea[name=reason]').fill('FIDO reports a compromise')
  await page.locator('[data-action=apply]').click()
  await expect.poll(async () => (await world.db.select().from(authenticatorModels)).length).toBe(1)
  await expect.poll(() => page.locator('.said').textContent()).toContain('cut off: 1')

  await alice.page.goto(`${world.issuer}/me`)
  await alice.page.waitForURL('**/signin?return_to=*')
  await alice.page.locator('[data-action=tap]').click()
  const told = alice.page.locator('.notice.bad')
  await expect.poll(() => told.textContent()).toContain('a flaw was found in its model')
  expect(await looks(alice.page, 'keys-cut-off-signin', { languages: false })).toEqual([])

  await world.open(owner, '/keys')
  await page.locator('[data-filter=compromised]').click()
  await expect.poll(() => page.locator('tbody').textContent()).toContain('alice')
  expect(await looks(page, 'keys-compromised', { languages: false })).toEqual([])
  await world.open(owner, `/people/${alice.id}`)
  await page.locator('#keys, [aria-label="Security keys"]').first().waitFor()
  await world.open(owner)
  await page.locator('.counts').waitFor()
  expect(await looks(page, 'keys-home', { languages: false })).toEqual([])
})
