// What ending many would reach, for whoever is asked to sign it.
import { number, useLocale } from '../../shared/locale.ts'
import type { SignedInput } from '../acts/verb-words.ts'
import { useRead } from '../kit/data.ts'
import { Facts } from '../kit/page.tsx'
import { catalogue } from './words.ts'

export default function EndManyAct({ input }: { readonly input: SignedInput }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const group = typeof input['group'] === 'string' ? input['group'] : null
  const named = useRead('groups.show', { id: group ?? '' }, { enabled: group !== null })
  const reach = useRead('sessions.reach', group === null ? {} : { group })
  const now =
    reach.data === null
      ? ''
      : words.reach(
          number(locale, reach.data.people),
          number(locale, reach.data.devices),
          number(locale, reach.data.sign_ins),
        )
  return (
    <>
      {group !== null && (
        <Facts
          of={[
            [
              words.group,
              <>
                <bdi>{named.data?.name ?? ''}</bdi> <code>{group}</code>
              </>,
            ],
          ]}
        />
      )}
      <p data-reach>{now}</p>
    </>
  )
}
