// What a change would loosen, for whom, from what to what: as the server refuses it without a reason, and as two people sign it.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { catalogue } from './words.ts'

type Value = string | number | boolean | null

export interface Effect {
  /** Usernames. */
  readonly people: readonly string[]
  readonly changes: readonly { readonly what: string; readonly from: Value; readonly to: Value }[]
}

/** What came with a refusal or an act, read as effects; none where it is something else. */
export function effectsFrom(shown: unknown): readonly Effect[] {
  if (!Array.isArray(shown)) return []
  return shown.filter(
    (one): one is Effect =>
      typeof one === 'object' && one !== null && Array.isArray(one.people) && Array.isArray(one.changes),
  )
}

export function Loosens({ of: effects }: { readonly of: readonly Effect[] }) {
  const words = catalogue[useLocale()]
  if (effects.length === 0) return null
  return (
    <div class="notice warn" data-loosens>
      <p>{words.loosens}</p>
      <ul>
        {effects.map(({ people, changes }) => (
          <li key={people.join()}>
            <bdi>{people.join(', ')}</bdi>
            <Changes of={changes} />
          </li>
        ))}
      </ul>
    </div>
  )
}

type ChangesOf = { readonly of: Effect['changes'] }

/** In the words of the policy, which come when they are needed; if they do not, as they were sent. */
function Changes({ of: changes }: ChangesOf) {
  const words = catalogue[useLocale()]
  const [Worded, setWorded] = useState<ComponentType<ChangesOf> | null>(null)
  useEffect(() => {
    import('../policy/loosened.tsx').then(
      (module) => setWorded(() => module.default),
      () => undefined,
    )
  }, [])
  if (Worded !== null) return <Worded of={changes} />
  const shown = (value: Value) =>
    value === null ? words.nothing : typeof value === 'boolean' ? (value ? words.yes : words.no) : String(value)
  return (
    <ul>
      {changes.map(({ what, from, to }) => (
        <li key={`${what} ${from} ${to}`}>
          <code>{what}</code> <bdi>{shown(from)}</bdi> → <bdi>{shown(to)}</bdi>
        </li>
      ))}
    </ul>
  )
}
