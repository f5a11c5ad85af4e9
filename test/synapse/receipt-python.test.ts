// The lines of Python in docs/reference/receipts.md check a receipt, and refuse one that was changed. Here because they need a package
// that Synapse's environment has.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import type { Receipt } from '../../server/stepup/receipt.ts'
import { genuineReceipt } from '../support/receipt.ts'
import { PYTHON } from '../support/synapse-seed.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/reference/receipts.md', import.meta.url)), 'utf8')
const program = /```python\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'palier-receipt-'))

afterAll(() => rmSync(folder, { recursive: true }))

async function check(receipt: Receipt): Promise<string> {
  writeFileSync(join(folder, 'receipt.json'), JSON.stringify(receipt))
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', program, join(folder, 'receipt.json')])
  return stdout
}

test('twenty lines, as the page says', () => {
  const lines = program.split('\n').filter((line) => line !== '' && !/^(?:#|import|from)/.test(line))
  expect(lines.length).toBeLessThanOrEqual(20)
  expect(lines.length).toBeGreaterThan(10)
})

test('a genuine receipt is valid, and one in which anything that was signed is changed is not', async () => {
  const receipt = genuineReceipt()
  expect(await check(receipt)).toBe(`valid: ${receipt.intent}\n`)
  const changes: Partial<Receipt>[] = [
    { intent: receipt.intent.replace('2000', '9000') },
    { nonce: genuineReceipt().nonce.replace(/^./, 'C') },
    { rp_id: 'evil.example' },
    { origin: 'https://evil.example' },
    { signature: genuineReceipt().signature },
    { authenticator_data: genuineReceipt({ tap: { userVerified: false } }).authenticator_data },
  ]
  for (const change of changes) await expect(check({ ...receipt, ...change })).rejects.toThrow('Command failed')
})
