// The program as somebody types it who errs: what was got, what is wanted, which help has more, and exit code 2.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { COMPILED } from '../../support/compiled.ts'
import { typed } from '../../support/typed.ts'

const MAIN = fileURLToPath(new URL('../../../server/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'palier-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

// What is opened after all is opened here, and is gone with it.
const palier = (...command: string[]) => typed({ PALIER_DATA_DIR: folder }, ...command)

it('ends as a process with the code, and says on standard error what is wrong', async () => {
  const env = { ...COMPILED, PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1', PALIER_DATA_DIR: folder }
  const ended = await new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'nonsense'], { env }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, said }),
    )
  })
  expect(ended).toEqual(await palier('nonsense'))
  expect(ended).toMatchObject({ code: 2, out: '', said: expect.stringContaining("unknown command 'nonsense'") })
})

it.each([
  [['nonsense'], "unknown command 'nonsense'", '(palier --help lists the commands)'],
  [['user', 'nonsense'], "unknown command 'nonsense'", '(palier user --help lists the commands)'],
  [['user', 'add'], "missing required argument 'username'", '(palier user add --help says what it takes)'],
  [
    ['policy', 'outage', 'request'],
    "required option '--hours <number>' not specified",
    '(palier policy outage request --help says',
  ],
])('%j is answered with the help that has more', async (command, what, help) => {
  const { code, said } = await palier(...command)
  expect(said).toContain(what)
  expect(said).toContain(help)
  expect(code).toBe(2)
})

it.each([
  [['user', 'add', 'Ada L'], 'palier: username: got "Ada L"; wants 1 to 64 of a-z'],
  [['admin', 'recover', 'Ada L', '--new'], 'palier: username: got "Ada L"; wants 1 to 64 of a-z'],
  [['group', 'add', 'everyone'], 'palier: name: got "everyone"; wants 1 to 100 characters'],
  [['audit', 'verify', '--head', 'xyz'], 'palier: --head: got "xyz"; wants 64 hexadecimal digits'],
])('%j is told what was got and what is wanted, before anything is opened', async (command, words) => {
  const { code, said } = await palier(...command)
  expect(said).toContain(words)
  expect(code).toBe(2)
})

it('repeats nothing of a file that could steer the terminal', async () => {
  const file = join(folder, 'receipt.json')
  writeFileSync(file, '\u001b[2J\u009b1m\u202E')
  const { code, said } = await palier('receipt', 'verify', file)
  expect(said).toMatch(/cannot be read as JSON/)
  expect(said).not.toMatch(/[^\P{C}\n]/u)
  expect(code).toBe(2)
})
