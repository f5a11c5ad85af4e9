// Every fault of a policy is told in words of the page's language, at its place in the form's own words.
import { beforeAll, expect, test, vi } from 'vitest'
import { type PlacedMistake, readPolicyYaml } from '../../../server/policy/yaml.ts'

const groups = { idOf: (name: string) => (name === 'Pilots' ? 'grp_pilots' : null), nameOf: (id: string) => id }

// A page's modules read its language from the document.
vi.stubGlobal('document', { documentElement: { lang: 'fr' } })
let faults: typeof import('../../../client/console/policy/faults.ts')
beforeAll(async () => {
  faults = await import('../../../client/console/policy/faults.ts')
})

type Mistake = Parameters<typeof faults.faultText>[1]

const asAnswer = ({ fault, ...placed }: PlacedMistake): Mistake => ({
  ...placed,
  path: [...placed.path],
  code: fault.code,
  members: fault.members as Mistake['members'],
})

function read(text: string): Mistake[] {
  const file = readPolicyYaml(text, groups)
  return file.ok ? [] : file.mistakes.map(asAnswer)
}

/** Each line has one fault. */
const BROKEN = `roomz: 4
live_window: 0 s
first_sync: -1
weights: { plaintext: 1, encrypted: 3 }
taps:
  archive: { units: 10001 }
  media-bytes: { units: 5 }
windows:
  joins: [{ window: 1 h, buckets: 60, limit: 9 }, { window: 1 d, buckets: 96, limit: 8 }]
  live: [{ window: 2 h, buckets: 60, limit: 5 }]
  state: 5
limits:
  - { group: everyone, rooms: 5 }
  - { group: Pilots }
  - { group: Pilots, windows: { joins: [9] } }
enforcement:
  - { group: Nobody, from: 2026-02-01, mode: enforce }
  - { group: Pilots, from: 2026-02-31, mode: enforce }
  - { group: Pilots, from: 2026-02-01, mode: maybe }
exemptions:
  - { until: 2026-02-01, reason: because }
  - { user: ada, until: 2026-02-01, reason: because }
  - { group: everyone, until: 2026-02-01, reason: because }
detection: { together: [{ signals: [sweep], action: end }] }
based_on: latest
`

test.each(['fr', 'en'] as const)('each kind of fault has a sentence of its own (%s)', (locale) => {
  const found = read(BROKEN)
  expect(found.map(({ line, code }) => `${line} ${code}`)).toEqual([
    '1 unknown-name',
    '2 not-duration',
    '3 not-count',
    '4 plaintext-below-ciphertext',
    '7 not-size',
    '11 not-windows',
    '17 unknown-group',
    '18 not-instant',
    '19 not-one-of',
    '21 exemption-of-nobody',
    '22 not-user-id',
    '23 exemption-of-everyone',
    '24 too-few',
    '25 not-version',
  ])
  const hidden = [
    ...read(BROKEN.replace('  state: 5\n', '').replace(/media-bytes.*/, '')),
    ...read('rooms:\n\tlimit: 1'),
  ]
  const sentences = [...found, ...hidden].map((mistake) => faults.faultText(locale, mistake))
  for (const text of sentences) {
    expect(text).toMatch(/^[A-Z].{10,}\.$/)
    expect(text).not.toMatch(/undefined|\[object|\bNaN\b/)
    if (locale === 'fr') expect(text).not.toMatch(/\b(?:wants|needed|such as|nothing|least)\b/)
  }
  const general = faults.faultText(locale, { ...(found[0] as Mistake), code: 'toString', members: {}, value: '"x"' })
  expect(general).toBe(
    locale === 'fr'
      ? 'Cette valeur n’est pas acceptée ici. On lit «\u00A0x\u00A0».'
      : 'This value is not accepted here. It reads “x”.',
  )
})

test('a place is called as the form calls it', () => {
  const place = (path: (string | number)[]) => faults.placeText('fr', path)
  expect(place(['windows', 'archive', 0, 'limit'])).toBe('Limites, Anciens messages, fenêtre n°\u00A01, limite')
  expect(place(['limits', 0, 'windows', 'joins', 0])).toBe(
    'Limites de groupes, règle n°\u00A01, limites, Salons rejoints, fenêtre n°\u00A01',
  )
  expect(place(['roomz'])).toBe('«\u00A0roomz\u00A0»')
  expect(place(['__proto__', 'constructor'])).toBe('«\u00A0__proto__\u00A0», «\u00A0constructor\u00A0»')
  expect(place([])).toBe('Le fichier')
  expect(faults.pathOf('limits[0].windows.archive[2]')).toEqual(['limits', 0, 'windows', 'archive', 2])
})

test('a fault is told at its own field, that of a whole rule at the rule’s first', () => {
  const found = read(BROKEN)
  const told = (field: string) => faults.wrongAt('fr', found, field)
  expect(told('first_sync')).toContain('nombre entier')
  expect(told('enforcement-0-group')).toContain('Nobody')
  expect(told('enforcement-0-mode')).toBeNull()
  expect(told('exemption-0-group')).toContain('ne désigne personne')
  expect(faults.fieldOf(['windows', 'archive', 0, 'buckets'])).toBeNull()
  expect(faults.fieldOf(['windows', 'archive', 2, 'limit'])).toBe('archive-2')
})
