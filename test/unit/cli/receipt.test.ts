import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CliFailure } from '../../../server/cli/context.ts'
import { receiptCommand } from '../../../server/cli/receipt.ts'
import { receiptDigest } from '../../../server/stepup/receipt.ts'
import { genuineReceipt, sampleIntent } from '../../support/receipt.ts'

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

function file(content: unknown): string {
  const path = join(folder, 'receipt.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const verify = (path: string, ...options: string[]) =>
  receiptCommand().parseAsync(['verify', path, ...options], { from: 'user' })

it('says in words what was agreed to, by which key, and where to look for the rest', async () => {
  const receipt = genuineReceipt()
  await verify(file(receipt))
  expect(printed).toBe(`valid: the enrolled key signed exactly this, its holder present and verified
person     per_anne (@anne:example.org)
device     PHONE Element
asking     Element/1.0 from 192.0.2.0/24
released   at most 2000 messages, backward, usable for 28800 s once approved
reason     archive-exhausted
asked at   ${new Date(1_780_000_100_000).toISOString()}
issuer     http://localhost:8080
rooms      2
  !a:example.org  "Le bureau"
  !b:example.org
key        key_1, model 00000000-0000-0000-0000-000000000000
           enrolled 2026-07-01T09:00:00.000Z under the policy "any", by the server's own word
digest     ${receiptDigest(receipt)}, to be found in the audit log's approval.approved entry
`)
})

it('prints the intent as JSON on request', async () => {
  await verify(file(genuineReceipt()), '--json')
  expect(JSON.parse(printed)).toEqual(sampleIntent)
})

it('prints nothing that could steer a terminal', async () => {
  const device = { ...sampleIntent.device, name: 'x\u001b[2J\u009b1m\u202Ey\nvalid: also this' }
  await verify(file(genuineReceipt({ intent: { ...sampleIntent, device } })))
  expect(printed).not.toMatch(/[^\P{C}\n]/u)
  expect(printed.split('\n').filter((line) => line.startsWith('valid:'))).toHaveLength(1)
})

it('names what is wrong, and prints nothing else', async () => {
  const changed = {
    ...genuineReceipt(),
    intent: genuineReceipt().intent.replace('"units":2000', '"units":9000'),
  }
  await expect(verify(file(changed))).rejects.toThrow(
    new CliFailure(
      `${join(folder, 'receipt.json')}: not valid: the key signed another intent than the one in the file (wrong-challenge)`,
    ),
  )
  await expect(verify(file({}))).rejects.toThrow(/not a receipt of Palier \(not-a-receipt\)$/)
  await expect(verify(file('{'))).rejects.toThrow(/cannot be read as JSON/)
  await expect(verify(join(folder, 'missing.json'))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('there is no such file'),
  })
  expect(printed).toBe('')
})
