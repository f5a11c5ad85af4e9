// A policy file and its mistakes, each at its line and column.
import { describe, expect, it } from 'vitest'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { describePolicyMistakes, type GroupNames, policyYaml, readPolicyYaml } from '../../../server/policy/yaml.ts'

const groups: GroupNames = {
  idOf: (name) => (['Pilots', 'grp_pilots'].includes(name) ? 'grp_pilots' : name === 'Archive' ? 'grp_archive' : null),
  nameOf: (id) => ({ grp_pilots: 'Pilots', grp_archive: 'Archive' })[id] ?? id,
}
const read = (text: string) => readPolicyYaml(text, groups)
const mistakes = (text: string) => {
  const file = read(text)
  return file.ok ? [] : file.mistakes.map(({ line, column, name, got }) => `${line}:${column} ${name}: ${got}`)
}

describe('a policy file', () => {
  it('says what ships when it says nothing', () => {
    expect(read('')).toMatchObject({ ok: true, document: shippedPolicy(), basedOn: null })
  })

  it('changes what it names and leaves the rest as it ships', () => {
    const file = read(`
taps: { archive: { units: 500 } }
live_window: 30 min
based_on: 7
enforcement:
  - { group: everyone, from: 2026-09-01, mode: observe }
  - { group: Pilots, from: "2026-10-01T08:00:00+02:00", mode: enforce }
`)
    const shipped = shippedPolicy()
    expect(file).toMatchObject({
      ok: true,
      basedOn: 7,
      document: {
        windows: shipped.windows,
        live_window: 1_800,
        taps: { ...shipped.taps, archive: { units: 500, for: 28_800 } },
        enforcement: [
          { group: 'everyone', from: Date.UTC(2026, 8, 1), mode: 'observe' },
          { group: 'grp_pilots', from: Date.UTC(2026, 9, 1, 6), mode: 'enforce' },
        ],
      },
    })
  })

  it('names groups as people do, and keeps their ids', () => {
    const document = { ...shippedPolicy(), existing_logins: [{ group: 'grp_pilots', from: Date.UTC(2026, 9, 1) }] }
    const written = policyYaml(document, groups, 3)
    expect(written).toContain('based_on: 3')
    expect(written).toContain('{ group: Pilots, from: 2026-10-01 }')
    expect(read(written)).toMatchObject({ ok: true, document })
  })
})

describe('every mistake is told at once, at its place', () => {
  it('across sections, whatever its kind', () => {
    expect(
      mistakes(`windows:
  archive:
    - { window: 1 h, buckets: 7, limit: -1 }
    - { window: 1000 y, buckets: 96, limit: 10 }
    - { window: 30 d, buckets: 120, limit: 5 }
roomz: 4
live_window: 0 s
enforcement:
  - { group: Nobody, from: 2026-02-31, mode: enforce }
  - { group: Pilots, from: 2026-02-01, mode: enforce }
  - { group: Pilots, from: 2026-02-01, mode: observe }
exemptions:
  - { until: 2026-02-01, reason: because }
weights: { plaintext: 1, encrypted: 3 }
detection: { sweep: { action: shout } }
`),
    ).toEqual([
      '3:41 windows.archive[0].limit: -1',
      '4:17 windows.archive[1].window: "1000 y"',
      '6:1 roomz: the name "roomz"',
      '7:14 live_window: "0 s"',
      '9:14 enforcement[0].group: the unknown group "Nobody"',
      '9:28 enforcement[0].from: "2026-02-31"',
      '11:5 enforcement[2]: a second rule for mode of Pilots from 2026-02-01',
      '13:5 exemptions[0]: nobody',
      '14:23 weights.plaintext: 1',
      '15:31 detection.sweep.action: "shout"',
    ])
  })

  it.each([
    [
      'sub-buckets that do not divide the window',
      'windows: { live: [{ window: 1 h, buckets: 7, limit: 5 }] }',
      /live\[0\]\.buckets/,
    ],
    [
      'a window that is not laid out so',
      'windows: { live: [{ window: 2 h, buckets: 60, limit: 5 }] }',
      /live\[0\]\.window/,
    ],
    [
      'a window too many',
      'windows: { live: [{ window: 1 h, buckets: 60, limit: 5 }, { window: 1 d, buckets: 96, limit: 9 }] }',
      /windows\.live/,
    ],
    ['an alarm at nothing', 'windows: { live: [{ window: 1 h, buckets: 60, limit: 0 }] }', /live\[0\]\.limit/],
    [
      'a shorter window that allows more',
      'windows: { joins: [{ window: 1 h, buckets: 60, limit: 9 }, { window: 1 d, buckets: 96, limit: 8 }] }',
      /joins\[0\]\.limit/,
    ],
    [
      'a group whose shorter window allows more',
      'limits: [{ group: Pilots, windows: { joins: [9, 8] } }]',
      /limits\[0\]\.windows\.joins\[0\]/,
    ],
    ['a limit for each window', 'limits: [{ group: Pilots, windows: { joins: [9] } }]', /limits\[0\]\.windows\.joins/],
    ['a rule that sets nothing', 'limits: [{ group: Pilots }]', /limits\[0\]/],
    ['limits for everyone', 'limits: [{ group: everyone, rooms: 5 }]', /limits\[0\]\.group/],
    [
      'the same figure for the same group twice',
      'limits: [{ group: Pilots, rooms: 5 }, { group: grp_pilots, rooms: 6 }]',
      /limits\[1\]/,
    ],
    ['a tap that could never be granted', 'taps: { archive: { units: 10001 } }', /taps\.archive\.units/],
    [
      'an unknown group',
      'exemptions: [{ group: Nobody, until: 2026-12-01, reason: because }]',
      /exemptions\[0\]\.group/,
    ],
    [
      'an exemption for everyone',
      'exemptions: [{ group: everyone, until: 2026-12-01, reason: because }]',
      /exemptions\[0\]\.group/,
    ],
    ['an exemption without an end', 'exemptions: [{ group: Pilots, reason: because }]', /exemptions\[0\]\.until/],
    ['a user who is none', 'exemptions: [{ user: ada, until: 2026-12-01, reason: because }]', /exemptions\[0\]\.user/],
    ['a size without a unit', 'taps: { media-bytes: { units: 5 } }', /taps\.media-bytes\.units/],
    ['a duration without a unit', 'idle_after: 4', /idle_after/],
    ['an unknown signal', 'detection: { weep: { action: end } }', /detection\.weep/],
    ['an outage', 'outage: { until: 2026-12-01 }', /outage/],
    ['a based_on that is no number', 'based_on: latest', /based_on/],
  ])('%s', (_, text, name) => {
    const found = mistakes(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(name)
  })
})

describe('YAML that is not a policy', () => {
  it.each([
    ['a name twice', 'rooms: { limit: 1 }\nrooms: { limit: 2 }', 2],
    ['an anchor', 'exemptions: &all []', 1],
    ['an alias', 'windows: *all', 1],
    ['a tag', 'windows: !!js/function x', 1],
    ['a list', '- 1', 1],
    ['text', 'policy', 1],
    ['tabs', 'rooms:\n\tlimit: 1', 2],
    ['two documents', 'rooms: { limit: 1 }\n---\nrooms: { limit: 2 }', 2],
    ['brackets without end', '['.repeat(50_000), 1],
    ['dashes without end', '- '.repeat(50_000), 1],
    ['a megabyte', `# ${'x'.repeat(1_000_000)}`, 1],
    ['a name that is a list', '? [a]\n: 1', 1],
  ])('%s is told with its line', (_, text, line) => {
    const file = read(text)
    expect(file.ok).toBe(false)
    if (!file.ok) expect(file.mistakes[0]?.line).toBe(line)
  })

  it('a billion laughs are not laughed', () => {
    const laughs = [
      'a: &a [lol, lol]',
      ...Array.from(
        { length: 9 },
        (_, index) => `${'bcdefghij'[index]}: &${'bcdefghij'[index]} [${`*${'abcdefghi'[index]}, `.repeat(9)}lol]`,
      ),
    ]
    const file = read(laughs.join('\n'))
    expect(file.ok).toBe(false)
    if (!file.ok)
      expect(describePolicyMistakes('laughs.yaml', file.mistakes).split('\n').length).toBeLessThanOrEqual(101)
  })
})
