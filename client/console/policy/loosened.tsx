// One thing that a move between groups loosens, in words: which limit, from what to what.
import { type Locale, number, useLocale } from '../../shared/locale.ts'
import { useCan, useRead } from '../kit/data.ts'
import type { Effect } from '../kit/loosens.tsx'
import { When } from '../kit/values.tsx'
import { bytes, type Written } from './document.ts'
import { pathOf, placeText } from './faults.ts'
import { catalogue, known } from './loosened-words.ts'

type Loosened = Effect['changes'][number]

export default function LoosenedList({ of: changes }: { readonly of: readonly Loosened[] }) {
  const locale = useLocale()
  // Windows are called by their length where the policy may be read.
  const policy = useRead('policy.show', {}, { enabled: useCan('policy.read') })
  const document = policy.data === null ? undefined : (policy.data.document as unknown as Written)
  return (
    <ul>
      {changes.map(({ what, from, to }) => (
        <li key={`${what} ${from} ${to}`} data-what={what}>
          {whatText(locale, what, document)}{' '}
          <bdi>
            <Value what={what} of={from} />
          </bdi>{' '}
          →{' '}
          <bdi>
            <Value what={what} of={to} />
          </bdi>
        </li>
      ))}
    </ul>
  )
}

function whatText(locale: Locale, what: string, document: Written | undefined): string {
  const { whats } = catalogue[locale]
  return known(whats, what) ?? placeText(locale, pathOf(what), document)
}

function Value({ what, of: value }: { readonly what: string; readonly of: Loosened['from'] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (value === null) return <>{what === 'keys.models' ? words.anyModel : words.nothing}</>
  if (typeof value === 'boolean') return <>{value ? words.yes : words.no}</>
  if (typeof value === 'number')
    return <>{what.includes('media-bytes') ? bytes(locale, value) : number(locale, value)}</>
  if (what === 'existing_logins' && !Number.isNaN(Date.parse(value))) return <When at={value} />
  return <>{known(words.values, value) ?? value}</>
}
