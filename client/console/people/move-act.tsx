// A move between groups, for whoever is asked to sign it: the group, the people, and what is loosened for whom.
import { useLocale } from '../../shared/locale.ts'
import type { SignedInput } from '../acts/verb-words.ts'
import { useRead } from '../kit/data.ts'
import { effectsFrom, Loosens } from '../kit/loosens.tsx'
import { Facts } from '../kit/page.tsx'
import { Person } from '../kit/values.tsx'
import { catalogue } from './words.ts'

export default function MoveAct({ input }: { readonly input: SignedInput }) {
  const words = catalogue[useLocale()]
  const group = typeof input['id'] === 'string' ? input['id'] : ''
  const named = useRead('groups.show', { id: group }, { enabled: group !== '' })
  const people = Array.isArray(input['people']) ? input['people'].map(String) : []
  return (
    <>
      <Facts
        of={[
          [
            words.group,
            <>
              <bdi>{named.data?.name ?? ''}</bdi> <code>{group}</code>
            </>,
          ],
          [
            words.members,
            <ul key="people">
              {people.map((id) => (
                <li key={id}>
                  <Moved id={id} />
                </li>
              ))}
            </ul>,
          ],
        ]}
      />
      <Loosens of={effectsFrom(input['loosens'])} />
    </>
  )
}

function Moved({ id }: { readonly id: string }) {
  const { data } = useRead('people.show', { id })
  return (
    <>
      {data !== null && <Person id={id} username={data.username} name={data.display_name} />} <code>{id}</code>
    </>
  )
}
