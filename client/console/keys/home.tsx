// On the overview: people and keys that need attention, each with a link to its list.
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Panel } from '../kit/page.tsx'
import { catalogue } from './words.ts'

const LOOKED_AT = ['none', 'one', 'compromised', 'below', 'uncertified'] as const

export default function KeysToLookAt() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { data } = useRead('keys.summary', {})
  if (data === null) return null
  const found = LOOKED_AT.filter((filter) => data[filter] > 0)
  return (
    <Panel title={words.homeTitle}>
      <p>{words.homeLead(number(locale, data.keys), number(locale, data.people))}</p>
      {found.length === 0 ? (
        <p>{words.homeGood}</p>
      ) : (
        <ul class="counts">
          {found.map((filter) => (
            <li key={filter}>
              <Link href={`/keys?filter=${filter}`}>{words.filters[filter]}</Link>{' '}
              <span class="count">{number(locale, data[filter])}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
