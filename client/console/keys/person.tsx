// On a person's page: their keys, those that were revoked as well.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import { useCan, useList } from '../kit/data.ts'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import type { PanelPerson } from '../people/panels.ts'
import { RevokeDialog } from './revoke.tsx'
import { type Key, KeyTags, ModelName, type Row } from './shown.tsx'
import { catalogue } from './words.ts'

export default function PersonKeys({ person }: { readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const list = useList('keys.list', { person: person.id, limit: 100 })
  const mayRevoke = useCan('keys.revoke')
  const [revoking, setRevoking] = useState<Key | null>(null)
  const active = list.data?.[0]?.person.keys ?? null
  return (
    <>
      {active === 1 && person.state === 'active' && <p class="notice warn">{words.panelOne}</p>}
      <ListTable
        list={list}
        caption={words.caption}
        idOf={({ key }: Row) => key?.id ?? ''}
        columns={[
          {
            id: 'key',
            header: words.key,
            names: true,
            cell: ({ key }) =>
              key !== null && (
                <Link href={`/keys/${key.id}`}>
                  <bdi>{key.name}</bdi>
                </Link>
              ),
          },
          {
            id: 'model',
            header: words.model,
            wideOnly: true,
            cell: ({ key }) => key !== null && <ModelName of={key.model} />,
          },
          {
            id: 'standing',
            header: words.standing,
            cell: ({ key }) => <span class="tags">{key !== null && <KeyTags of={key} />}</span>,
          },
          { id: 'used', header: words.lastUsed, cell: ({ key }) => <When at={key?.last_used_at ?? null} /> },
          ...(mayRevoke
            ? [
                {
                  id: 'revoke',
                  header: words.revoke,
                  cell: ({ key }: Row) =>
                    key !== null &&
                    key.revoked_at === null && (
                      <button
                        type="button"
                        class="quiet small danger"
                        data-action="revoke"
                        aria-label={`${words.revoke}, ${key.name}`}
                        onClick={() => setRevoking(key)}
                      >
                        {words.revoke}
                      </button>
                    ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty title={words.panelNone}>
            <p>{words.panelNoneText}</p>
          </Empty>
        }
      />
      {revoking !== null && <RevokeDialog id={revoking.id} name={revoking.name} onClose={() => setRevoking(null)} />}
    </>
  )
}
