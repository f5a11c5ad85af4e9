import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpenCli } from '../../../server/cli/context.ts'
import { metadataCommand } from '../../../server/cli/metadata.ts'
import type { PeopleTools } from '../../../server/cli/people-tools.ts'
import { type RegistrationForgery, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentWorld } from '../../support/enrolment.ts'
import * as mds from '../../support/metadata.ts'

const genuine: RegistrationForgery = { format: 'packed', certificates: [mds.attestationLeaf] }
let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'palier-metadata-'))
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
  await database.drop()
})

it('`palier metadata import` says which keys stop working, stops them, and stops none in a dry run', async () => {
  const world = enrolmentWorld(database, { keyPolicy: 'attested' })
  const said: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const open = async () => ({ config: { metadataRoots: [mds.metadataRootPem] } })
  const command = () =>
    metadataCommand(open as unknown as OpenCli, () => ({ metadata: world }) as unknown as PeopleTools).exitOverride()
  const run = async (number: number, statuses: { status: string }[], ...options: string[]) => {
    const file = join(folder, `${number}.jwt`)
    await writeFile(file, await mds.metadataBlob({ number, entries: [mds.metadataEntry({ statuses })] }))
    said.length = 0
    await command().parseAsync(['import', file, ...options], { from: 'user' })
    return said.join('')
  }
  const good = { status: 'FIDO_CERTIFIED_L1' }
  expect(await run(1, [good])).toBe('Imported number 1: 1 models, 1 allowed, next update 2026-08-01.\n')
  const { credentialId, person } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
  const revoked = [good, { status: 'REVOKED' }]
  const dry = await run(2, revoked, '--dry-run')
  expect(dry).toContain(`alice\t${credentialId}\t"My key"\twould stop working: model-revoked`)
  expect(dry).toContain('alice\twould be left without a key')
  expect(dry).toContain('Would import number 2')
  expect(await world.people.keysOf(person.id)).toMatchObject([{ revokedAt: null }])
  expect(await run(2, revoked)).toContain('stops working: model-revoked')
  expect(await world.people.keysOf(person.id)).toMatchObject([{ revokedReason: 'model-revoked' }])
  expect(world.audited.at(-1)).toMatchObject({ action: 'key.cut-off', actor: 'cli' })
  await expect(run(2, revoked)).rejects.toThrow(
    'Nothing was imported: its number is not above the one imported before.',
  )
})
