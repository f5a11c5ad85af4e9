// Whom each verb that may be grave concerns: they sign nothing of it. A new one has to be told here, with whom, or why nobody.
import { expect, it } from 'vitest'
import type { ConsoleDeps } from '../../../server/console/deps.ts'
import { VERBS } from '../../../server/console/verbs.ts'

const THEIRS: Readonly<Record<string, readonly (readonly [input: object, whom: string | null])[]>> = {
  'privacy.erase': [[{ person: 'per_a', reason: 'x' }, 'per_a']],
  // Whoever stops being an owner may sign it.
  'people.set-role': [
    [{ id: 'per_a', role: 'owner' }, 'per_a'],
    [{ id: 'per_a', role: 'person' }, null],
  ],
  // Who is moved among others could not sign: an administrator is moved by an act of their own.
  'groups.add-members': [
    [{ id: 'grp_a', people: ['per_a'] }, 'per_a'],
    [{ id: 'grp_a', people: ['per_a', 'per_b'] }, null],
  ],
  'groups.remove-members': [
    [{ id: 'grp_a', people: ['per_a'] }, 'per_a'],
    [{ id: 'grp_a', people: ['per_a', 'per_b'] }, null],
  ],
}
/** Those whom it exempts by name: test/store/policy/exempted.test.ts. */
const ELSEWHERE = ['policy.apply', 'policy.roll-back']
const NOBODY = [
  // With two owners there would be no way: the one who goes agrees.
  'people.delete',
  // Of rooms, of groups, of everybody.
  'key-policies.remove',
  'key-policies.set',
  'models.allow',
  'policy.emergency',
  'privacy.reveal-room',
  'sessions.end-everyone',
  'sessions.end-group',
]

const grave = VERBS.filter(({ weight }) => weight === 'grave' || typeof weight === 'function')

it.each(Object.entries(THEIRS))('%s concerns whom it is about', async (id, cases) => {
  const verb = grave.find((one) => one.id === id)
  for (const [input, whom] of cases) expect(await verb?.concerns?.(input as never, {} as ConsoleDeps)).toBe(whom)
})

it('every verb that may be grave says whom it concerns, or concerns nobody', () => {
  const ids = (verbs: readonly { readonly id: string }[]) => verbs.map(({ id }) => id).toSorted()
  expect(ids(grave.filter(({ concerns }) => concerns !== undefined))).toEqual(
    [...Object.keys(THEIRS), ...ELSEWHERE].toSorted(),
  )
  expect(ids(grave.filter(({ concerns }) => concerns === undefined))).toEqual(NOBODY.toSorted())
})
