import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { policySchema } from '../../../server/policy/document.ts'
import { policyReference } from '../../../server/policy/reference.ts'

it('docs/reference/policy.md is what `npm run docs` writes', () => {
  expect(readFileSync(new URL('../../../docs/reference/policy.md', import.meta.url), 'utf8')).toBe(policyReference())
})

it('every section is in it, with what each value wants', () => {
  const page = policyReference()
  for (const section of Object.keys(policySchema.shape)) expect(page).toContain(`## \`${section}\``)
  expect(page).toContain('| `windows.media-bytes[].limit` | a size from')
  expect(page).toContain('| 1 h, 1 d |')
  for (const line of page.split('\n').filter((text) => text.startsWith('| `')))
    expect(line.split(' | ')[1]?.length).toBeGreaterThan(3)
})
