// A move between groups, for whoever is asked to sign it: the group, the people, and what is loosened for whom.
import { useLocale } from '../../shared/locale.ts'
import type { SignedInput } from '../acts/verb-words.ts'
import { GroupById, PersonById } from '../kit/by-id.tsx'
import { effectsFrom, Loosens } from '../kit/loosens.tsx'
import { Facts } from '../kit/page.tsx'
import { catalogue } from './words.ts'

export default function MoveAct({ input }: { readonly input: SignedInput }) {
  const words = catalogue[useLocale()]
  const group = typeof input['id'] === 'string' ? input['id'] : ''
  const people = Array.isArray(input['people']) ? input['people'].map(String) : []
  return (
    <>
      <Facts
        of={[
          [words.group, <GroupById key="group" id={group} />],
          [
            words.members,
            <ul key="people">
              {people.map((id) => (
                <li key={id}>
                  <PersonById id={id} />
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
