// How a person stands, in a word.
import { useLocale } from '../../shared/locale.ts'
import { Tag } from '../kit/values.tsx'
import { catalogue } from './words.ts'

export function StateTag({ state }: { readonly state: 'active' | 'suspended' | 'deleted' }) {
  const words = catalogue[useLocale()]
  return <Tag kind={state === 'active' ? 'good' : state === 'suspended' ? 'bad' : 'plain'}>{words.states[state]}</Tag>
}

/** How many keys: two are the norm. */
export function Keys({ count }: { readonly count: number }) {
  const words = catalogue[useLocale()]
  if (count >= 2) return <span class="count">{count}</span>
  return <Tag kind={count === 0 ? 'bad' : 'warn'}>{count === 0 ? words.keyCounts.none : words.keyCounts.one}</Tag>
}
