// The policy document over arbitrary documents and arbitrary text.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writePolicy } from '../../../server/policy/document.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { documentHash } from '../../../server/policy/versions.ts'
import { type GroupNames, policyYaml, readPolicyYaml } from '../../../server/policy/yaml.ts'
import { documents, GROUPS } from './documents.ts'

const groups: GroupNames = {
  idOf: (name) => GROUPS.find((id) => id === name || `Group ${id}` === name) ?? null,
  nameOf: (id) => `Group ${id}`,
}

describe('a policy document', () => {
  it('reads back from YAML as it was, to the last figure', () => {
    fc.assert(
      fc.property(documents, fc.nat(1_000), (document, basedOn) => {
        const file = readPolicyYaml(policyYaml(document, groups, basedOn), groups)
        expect(file).toMatchObject({ ok: true, basedOn })
        if (file.ok) expect(file.document).toEqual(document)
      }),
    )
  })

  it('has one hash, however it is kept', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const written = writePolicy(document)
        const kept = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(written).reverse()))) as unknown
        expect(documentHash(kept)).toBe(documentHash(written))
      }),
    )
  })

  it('is refused with a place inside the file, or read, whatever the text', () => {
    const written = policyYaml(shippedPolicy(), groups, 1)
    const lines = written.split('\n')
    const broken = fc
      .array(
        fc.tuple(
          fc.nat(lines.length - 1),
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('&a', '*a', '!!x', '? ', '- ', '{', ']', '|', '%', '\t', '<<: *a', '---'),
          ),
        ),
        { maxLength: 4 },
      )
      .map((edits) =>
        edits.reduce((text, [at, put]) => text.map((line, index) => (index === at ? put : line)), lines).join('\n'),
      )
    fc.assert(
      fc.property(fc.oneof(broken, fc.string({ unit: 'binary', maxLength: 300 }), fc.json()), (text) => {
        const file = readPolicyYaml(text, groups)
        if (file.ok) return
        const last = text.split('\n').length
        expect(file.mistakes.length).toBeGreaterThan(0)
        for (const { line, column } of file.mistakes) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(last)
          expect(column).toBeGreaterThanOrEqual(1)
        }
      }),
      { numRuns: 500 },
    )
  })
})
