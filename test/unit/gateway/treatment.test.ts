import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { treatmentMarkdown } from '../../../server/gateway/treatment.ts'

test('docs/reference/treatment.md is what the route table says (npm run docs)', () => {
  const page = readFileSync(new URL('../../../docs/reference/treatment.md', import.meta.url), 'utf8')
  expect(page).toBe(treatmentMarkdown())
})
