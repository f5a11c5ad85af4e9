// /console/lost — who has lost their key? From the navigation: a search, then the person.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useRead } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { usePaused } from '../people/debounced.ts'
import { catalogue } from './words.ts'

const SHOWN = 10

export default function LostSearch() {
  const words = catalogue[useLocale()]
  const [typed, setTyped] = useState('')
  const q = usePaused(typed.trim())
  const found = useRead('people.list', { q, limit: SHOWN }, { enabled: q !== '' })
  return (
    <Page title={words.searchTitle} lead={words.searchLead}>
      <search>
        <Field label={words.search} name="q" type="search" value={typed} onInput={setTyped} maxLength={100} />
      </search>
      {q === '' ? (
        <p class="soft">{words.typeName}</p>
      ) : (
        <Loaded of={found}>
          {({ items }) =>
            items.length === 0 ? (
              <p class="soft">{words.nobody}</p>
            ) : (
              <ul>
                {items.map((person) => (
                  <li key={person.id}>
                    <Link href={`/people/${person.id}/lost`}>
                      <bdi>
                        {person.display_name} <span class="soft">{person.username}</span>
                      </bdi>
                    </Link>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </Page>
  )
}
