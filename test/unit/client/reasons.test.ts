// Every reason id that id's JSON APIs can be refused with has a sentence: read from the server's sources, so that none is forgotten.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import '../../../client/account/reasons.ts'
import '../../../client/approve/reasons.ts'
import '../../../client/enrol/reasons.ts'
import '../../../client/console/reasons.ts'
import '../../../client/release/reasons.ts'
import '../../../client/signin/pass-reasons.ts'
import { isKnown, reasons } from '../../../client/shared/reasons.ts'

const server = fileURLToPath(new URL('../../../server', import.meta.url))

test('every refusal has a plain sentence', () => {
  const thrown = globSync('**/*.ts', { cwd: server }).flatMap((file) =>
    [...readFileSync(`${server}/${file}`, 'utf8').matchAll(/new Refusal\(\s*\d+,\s*'([a-z-]+)'/g)].map(
      (match) => match[1] ?? '',
    ),
  )
  expect(thrown.length).toBeGreaterThan(10)
  expect([...new Set(thrown)].filter((reason) => !isKnown(reason))).toEqual([])
})

test('both languages have the same reasons, none empty', () => {
  expect(Object.keys(reasons.en).sort()).toEqual(Object.keys(reasons.fr).sort())
  for (const text of [...Object.values(reasons.fr), ...Object.values(reasons.en)])
    expect(text.length).toBeGreaterThan(10)
})
