import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { receiptCommand } from '../../../server/cli/receipt.ts'
import { receiptDigest } from '../../../server/stepup/receipt.ts'
import { genuineReleaseReceipt, sampleExport } from '../../support/release-receipt.ts'

const folder = mkdtempSync(join(tmpdir(), 'receipt-'))
afterAll(() => rmSync(folder, { recursive: true }))

let printed: string
beforeEach(() => {
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

const verify = (content: unknown, ...options: string[]) => {
  const path = join(folder, 'receipt.json')
  writeFileSync(path, JSON.stringify(content))
  return receiptCommand().parseAsync(['verify', path, ...options], { from: 'user' })
}

it('names both administrators and what they released', async () => {
  const receipt = genuineReleaseReceipt()
  await verify(receipt)
  expect(printed).toBe(`valid: two enrolled keys signed exactly this, their holders present and verified
person     camille (per_camille, @camille:example.org)
device     PHONE Element
network    192.0.2.0/24
released   at most 50000 messages, dated 2026-02-02T02:40:00.000Z to before 2026-03-31T23:33:20.000Z
rooms      2
  !a:example.org
  !b:example.org
lasts      86400 s from the second tap
reason     Enquête 2026-117
asked at   2026-05-28T20:28:20.000Z
issuer     http://localhost:8080
first      ada (per_ada), key key_ada, model 00000000-0000-0000-0000-000000000000
           enrolled 2026-07-01T09:00:00.000Z under the policy "any", by the server's own word
second     blaise (per_blaise), key key_blaise, model 00000000-0000-0000-0000-000000000000
           enrolled 2026-07-01T09:00:00.000Z under the policy "any", by the server's own word
digest     ${receiptDigest(receipt)}, to be found in the audit log's release.granted entry of ${sampleExport.jti}
`)
})

it('prints the intent as JSON on request', async () => {
  await verify(genuineReleaseReceipt(), '--json')
  expect(JSON.parse(printed)).toEqual(sampleExport)
})

it('names what is wrong and with whose tap, and prints nothing else', async () => {
  const genuine = genuineReleaseReceipt()
  const [first, second] = genuine.taps
  const changed = { ...genuine, intent: genuine.intent.replace('50000', '90000') }
  await expect(verify(changed)).rejects.toThrow(
    /another intent than the one in the file \(wrong-challenge, first tap\)$/,
  )
  const twice = { ...genuine, taps: [first, { ...second, person: first.person }] }
  await expect(verify(twice)).rejects.toThrow(/the same person made both taps \(same-person, second tap\)$/)
  await expect(verify({ ...genuine, taps: [first] })).rejects.toThrow(/not a receipt of Palier \(not-a-receipt\)$/)
  expect(printed).toBe('')
})
