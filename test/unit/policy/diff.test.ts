// What a version changes, and what of that lets more be read.
import { expect, it } from 'vitest'
import { differences } from '../../../server/policy/diff.ts'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'

const shipped = shippedPolicy()
const limited = (limit: number): PolicyDocument => ({
  ...shipped,
  windows: {
    ...shipped.windows,
    'media-bytes': shipped.windows['media-bytes'].map((window, index) => (index === 0 ? { ...window, limit } : window)),
  },
})
const told = (after: PolicyDocument, before = shipped) =>
  differences(before, after).map(
    ({ path, before: old, after: next, loosens }) => `${path}: ${old} > ${next}${loosens ? ' !' : ''}`,
  )

it('nothing, of the same', () => {
  expect(told(shippedPolicy())).toEqual([])
})

it.each<[string, PolicyDocument, string[]]>([
  ['more bytes', limited(3e9), ['windows.media-bytes[0].limit: 2 GB > 3 GB !']],
  ['fewer bytes', limited(1e9), ['windows.media-bytes[0].limit: 2 GB > 1 GB']],
  ['a longer live window', { ...shipped, live_window: 3_600 }, ['live_window: 10 min > 1 h !']],
  ['rooms forgotten sooner', { ...shipped, rooms: { ...shipped.rooms, window: 3_600 } }, ['rooms.window: 1 d > 1 h !']],
  ['plaintext that costs more', { ...shipped, weights: { plaintext: 3, encrypted: 1 } }, ['weights.plaintext: 1 > 3']],
  [
    'a signal that ends devices',
    { ...shipped, detection: { ...shipped.detection, sweep: { ...shipped.detection.sweep, action: 'end' } } },
    ['detection.sweep.action: alert > end'],
  ],
  [
    'a signal that is off',
    { ...shipped, detection: { ...shipped.detection, sweep: { ...shipped.detection.sweep, action: 'off' } } },
    ['detection.sweep.action: alert > off !'],
  ],
  [
    'an exemption',
    { ...shipped, exemptions: [{ user: '@a:b', until: 1_900_000_000_000, reason: 'a migration' }] },
    ['exemptions: null > {"user":"@a:b","until":"2030-03-17T17:46:40Z","reason":"a migration"} !'],
  ],
  [
    'observing',
    { ...shipped, enforcement: [{ group: 'everyone', from: 1_900_022_400_000, mode: 'observe' }] },
    ['enforcement: null > {"group":"everyone","from":"2030-03-18","mode":"observe"} !'],
  ],
  [
    'enforcing',
    { ...shipped, enforcement: [{ group: 'grp_a', from: 1_900_022_400_000, mode: 'enforce' }] },
    ['enforcement: null > {"group":"grp_a","from":"2030-03-18","mode":"enforce"}'],
  ],
])('%s', (_, after, expected) => {
  expect(told(after)).toEqual(expected)
})

it('an emergency lets less be read, its end more', () => {
  const emergency: PolicyDocument = { ...shipped, emergency: { since: 1_900_022_400_000, reason: 'a theft' } }
  expect(told(emergency)).toEqual(['emergency: null > {"since":"2030-03-18","reason":"a theft"}'])
  expect(told(shipped, emergency)).toEqual(['emergency: {"since":"2030-03-18","reason":"a theft"} > null !'])
})

it('the order of limits is told, since the first decides', () => {
  const rules = [
    { group: 'grp_a', rooms: 1 },
    { group: 'grp_b', rooms: 2 },
  ]
  const before = { ...shipped, limits: rules }
  expect(told({ ...shipped, limits: [...rules].reverse() }, before)).toEqual(['limits: another order > this order !'])
})
