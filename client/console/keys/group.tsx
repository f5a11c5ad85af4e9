// On a group's page: what it asks of its people's keys.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { useCan, useRead } from '../kit/data.ts'
import { Facts, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { catalogue } from './model-words.ts'
import { PolicyDialog } from './policy-dialog.tsx'

export function GroupKeys({ group }: { readonly group: { readonly id: string; readonly name: string } }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const mayRead = useCan('keys.read')
  const mayChange = useCan('keys.policy')
  const policies = useRead('key-policies.list', { group: group.id }, { enabled: mayRead })
  const [editing, setEditing] = useState(false)
  if (!mayRead) return null
  const policy = policies.data?.items[0] ?? null
  return (
    <Panel
      title={words.groupPanel}
      actions={
        <>
          <Link class="button" href={`/keys?group=${encodeURIComponent(group.id)}`}>
            {words.back}
          </Link>
          {mayChange && policies.data !== null && (
            <button type="button" data-action="key-policy" onClick={() => setEditing(true)}>
              {policy === null ? words.give : words.edit}
            </button>
          )}
        </>
      }
    >
      <Loaded of={policies}>
        {({ setting }) =>
          policy === null ? (
            <p>{words.asksNothing(words.policyNames[setting])}</p>
          ) : (
            <Facts
              of={[
                [words.policy, words.policyNames[policy.policy]],
                [
                  words.which,
                  policy.aaguids === null ? words.anyModel : words.someModels(number(locale, policy.aaguids.length)),
                ],
                [words.platform, policy.platform_allowed ? words.yes : words.no],
                [words.minKeys, policy.min_keys === 2 ? words.two : words.one],
              ]}
            />
          )
        }
      </Loaded>
      {editing && <PolicyDialog of={policy} group={group} taken={[]} onClose={() => setEditing(false)} />}
    </Panel>
  )
}
