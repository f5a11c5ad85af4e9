// Values of a policy as the console tells them: figures, sizes and rules in the reader's language.
import { beforeAll, expect, test, vi } from 'vitest'
import { writePolicy } from '../../../server/policy/document.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'

let valueText: typeof import('../../../client/console/policy/value-words.ts')['valueText']
let faults: typeof import('../../../client/console/policy/faults.ts')
let bytes: typeof import('../../../client/console/policy/document.ts')['bytes']

// A page's modules read its language from the document.
vi.stubGlobal('document', { documentElement: { lang: 'fr' } })
beforeAll(async () => {
  ;({ valueText } = await import('../../../client/console/policy/value-words.ts'))
  ;({ bytes } = await import('../../../client/console/policy/document.ts'))
  faults = await import('../../../client/console/policy/faults.ts')
})

test.each([
  ['1500', '1\u202F500', '1,500'],
  ['0.2', '0,2', '0.2'],
  ['2 GB', '2\u00A0Go', '2\u00A0GB'],
  ['1 h', 'une heure', 'an hour'],
  ['30 d', '30 jours', '30 days'],
  ['observe', 'compter seulement', 'count only'],
  ['another order', 'un autre ordre', 'another order'],
  ['Nuits <b>', 'Nuits <b>', 'Nuits <b>'],
  ['{broken', '{broken', '{broken'],
])('%s', (written, fr, en) => {
  expect(valueText('fr', written)).toBe(fr)
  expect(valueText('en', written)).toBe(en)
})

test('a rule is told by the names of its members, without braces', () => {
  const rule = JSON.stringify({ group: 'everyone', windows: { 'media-bytes': ['1 GB', '2 GB'] }, __proto: 3 })
  expect(valueText('fr', rule)).toBe(
    'groupe\u00A0: tout le monde\u00A0; limites\u00A0: Taille des fichiers\u00A0: 1\u00A0Go, 2\u00A0Go\u00A0; «\u00A0__proto\u00A0»\u00A0: 3',
  )
  expect(valueText('en', rule)).toBe('group: everybody; limits: Size of files: 1\u00A0GB, 2\u00A0GB; “__proto”: 3')
})

test('windows are called by their length, those of groups as well', () => {
  const document = writePolicy(shippedPolicy())
  const place = (name: string) => faults.placeText('fr', faults.pathOf(name), document)
  expect(place('windows.archive[0].limit')).toBe('Limites, Anciens messages, en une heure, limite')
  expect(place('windows.archive[1]')).toBe('Limites, Anciens messages, en un jour')
  expect(place('limits[0].windows.archive[2]')).toBe(
    'Limites de groupes, règle n°\u00A01, limites, Anciens messages, en 30 jours',
  )
  expect(place('windows.archive[9]')).toBe('Limites, Anciens messages, fenêtre n°\u00A010')
})

test('bytes are told in megabytes and whole gigabytes', () => {
  expect([bytes('fr', 2_000_000_000), bytes('en', 1_500_000_000), bytes('fr', 1)]).toEqual([
    '2\u00A0Go',
    '1,500\u00A0MB',
    '1\u00A0Mo',
  ])
})
