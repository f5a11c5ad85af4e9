// /console/keys/policies — what groups ask of their people's keys.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty, Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { catalogue } from './model-words.ts'
import { PolicyDialog } from './policy-dialog.tsx'

export type Policy = Answer<'key-policies.list'>['items'][number]

export default function Policies() {
  const locale = useLocale()
  const words = catalogue[locale]
  const policies = useRead('key-policies.list', {})
  const mayChange = useCan('keys.policy')
  const [editing, setEditing] = useState<Policy | 'new' | null>(null)
  const [removing, setRemoving] = useState<Policy | null>(null)
  return (
    <Page
      title={words.policies}
      lead={words.policiesLead}
      above={<Link href="/keys">{words.back}</Link>}
      actions={
        mayChange && (
          <button type="button" class="accent" data-action="add" onClick={() => setEditing('new')}>
            {words.add}
          </button>
        )
      }
    >
      <Loaded of={policies}>
        {({ items, setting }) => (
          <>
            <p>{words.settingText(words.policyNames[setting])}</p>
            <DataTable
              caption={words.policies}
              rows={items}
              idOf={({ group }) => group.id}
              columns={[
                { id: 'group', header: words.group, names: true, cell: ({ group }) => <bdi>{group.name}</bdi> },
                { id: 'policy', header: words.policy, cell: ({ policy }) => words.policyNames[policy] },
                {
                  id: 'models',
                  header: words.which,
                  cell: ({ aaguids }) =>
                    aaguids === null ? words.anyModel : words.someModels(number(locale, aaguids.length)),
                },
                { id: 'keys', header: words.minKeys, cell: ({ min_keys }) => (min_keys === 2 ? words.two : words.one) },
                ...(mayChange
                  ? [
                      {
                        id: 'change',
                        header: words.edit,
                        cell: (policy: Policy) => (
                          <span class="row-actions">
                            <button
                              type="button"
                              class="quiet small"
                              data-action="edit"
                              aria-label={`${words.edit}, ${policy.group.name}`}
                              onClick={() => setEditing(policy)}
                            >
                              {words.edit}
                            </button>
                            <button
                              type="button"
                              class="quiet small danger"
                              data-action="remove"
                              aria-label={`${words.remove}, ${policy.group.name}`}
                              onClick={() => setRemoving(policy)}
                            >
                              {words.remove}
                            </button>
                          </span>
                        ),
                      },
                    ]
                  : []),
                {
                  id: 'members',
                  header: words.members,
                  align: 'end',
                  wideOnly: true,
                  cell: ({ group }) => <Link href={`/keys?group=${group.id}`}>{number(locale, group.members)}</Link>,
                },
                {
                  id: 'platform',
                  header: words.platform,
                  wideOnly: true,
                  cell: (policy) => (policy.platform_allowed ? words.yes : words.no),
                },
              ]}
              empty={
                <Empty title={words.emptyPolicies}>
                  <p>{words.emptyPoliciesText}</p>
                </Empty>
              }
            />
            {editing !== null && (
              <PolicyDialog
                of={editing === 'new' ? null : editing}
                taken={items.map(({ group }) => group.id)}
                onClose={() => setEditing(null)}
              />
            )}
          </>
        )}
      </Loaded>
      {removing !== null && <RemoveDialog of={removing} onClose={() => setRemoving(null)} />}
    </Page>
  )
}

function RemoveDialog({ of: { group, version }, onClose }: { readonly of: Policy; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const remove = useChange('key-policies.remove', ['keys'])
  return (
    <ChangeDialog
      name="key-policy-remove"
      title={words.removeTitle(group.name)}
      confirm={words.remove}
      dangerous
      change={remove}
      whyIfLoosens={words}
      run={(reason) => remove.run({ group: group.id, version, ...(reason === '' ? {} : { reason }) })}
      said={words.removed}
      onClose={onClose}
    >
      <p>{words.removeText}</p>
    </ChangeDialog>
  )
}
