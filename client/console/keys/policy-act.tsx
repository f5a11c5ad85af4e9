// What a group would ask of keys, in place of what, for whoever is asked to sign it.
import { useLocale } from '../../shared/locale.ts'
import type { SignedInput } from '../acts/verb-words.ts'
import { GroupById } from '../kit/by-id.tsx'
import { Facts } from '../kit/page.tsx'
import { catalogue } from './model-words.ts'

const PARTS = ['policy', 'aaguids', 'platform_allowed', 'min_keys'] as const

export default function PolicyAct({ input }: { readonly input: SignedInput }) {
  const words = catalogue[useLocale()]
  const group = typeof input['group'] === 'string' ? input['group'] : ''
  const labels = {
    policy: words.policy,
    aaguids: words.which,
    platform_allowed: words.platform,
    min_keys: words.minKeys,
  }
  const before = isPolicy(input['from']) ? input['from'] : null
  const after = isPolicy(input) ? input : null
  const shown = (policy: SignedInput | null, part: (typeof PARTS)[number]) => {
    // Without one, other groups or the setting count.
    if (policy === null) return '—'
    const value = policy[part]
    if (Array.isArray(value)) return value.join(', ')
    if (value === null) return words.anyModel
    if (typeof value === 'boolean') return value ? words.yes : words.no
    return value === 'any' || value === 'device-bound' || value === 'attested'
      ? words.policyNames[value]
      : String(value)
  }
  return (
    <Facts
      of={[
        [words.group, <GroupById key="group" id={group} />],
        ...PARTS.map(
          (part) =>
            [
              labels[part],
              <span key={part} data-part={part}>
                <bdi>{shown(before, part)}</bdi> → <bdi>{shown(after, part)}</bdi>
              </span>,
            ] as const,
        ),
      ]}
    />
  )
}

/** Whether there is a policy in it: an act that takes one away has none to put in its place. */
function isPolicy(value: unknown): value is SignedInput {
  return typeof value === 'object' && value !== null && 'policy' in value
}
