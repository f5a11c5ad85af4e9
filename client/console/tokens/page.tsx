// /console/tokens — API tokens: which there are, what each may do, and how to end one.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useList } from '../kit/data.ts'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, Tag, When } from '../kit/values.tsx'
import { NewToken } from './new-token.tsx'
import { catalogue } from './words.ts'

type Token = Answer<'tokens.list'>['items'][number]

const KIND_OF = { live: 'good', expired: 'plain', revoked: 'warn' } as const

export default function Tokens() {
  const words = catalogue[useLocale()]
  const list = useList('tokens.list', {})
  const [adding, setAdding] = useState(false)
  const [revoking, setRevoking] = useState<Token | null>(null)
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <a class="button" href="/api/console/openapi.json" target="_blank" rel="noreferrer">
            {words.documented}
          </a>
          <button type="button" class="accent" data-action="add-token" onClick={() => setAdding(true)}>
            {words.add}
          </button>
        </>
      }
    >
      <ListTable
        list={list}
        caption={words.caption}
        idOf={({ id }: Token) => id}
        columns={[
          {
            id: 'name',
            header: words.name,
            cell: ({ name, permissions, expires_at }) => (
              <>
                <bdi>{name}</bdi>
                <br />
                <span class="soft small">{permissions.map((one) => words.permission[one]).join(', ')}</span>
                <br />
                <span class="soft small">
                  {words.expires} <When at={expires_at} />
                </span>
              </>
            ),
          },
          {
            id: 'maker',
            header: words.maker,
            wideOnly: true,
            cell: ({ person }) => <Person id={person.id} username={person.username} />,
          },
          { id: 'used', header: words.used, wideOnly: true, cell: ({ last_used_at }) => <When at={last_used_at} /> },
          {
            id: 'state',
            header: words.state,
            cell: (token) => (
              <>
                <Tag kind={KIND_OF[token.state]}>{words.states[token.state]}</Tag>{' '}
                {token.state === 'live' && (
                  <button
                    type="button"
                    class="quiet small"
                    data-action="revoke"
                    aria-label={`${words.revoke}, ${token.name}`}
                    onClick={() => setRevoking(token)}
                  >
                    {words.revoke}
                  </button>
                )}
              </>
            ),
          },
        ]}
        empty={
          <Empty title={words.empty}>
            <p>{words.emptyText}</p>
          </Empty>
        }
      />
      {adding && <NewToken onClose={() => setAdding(false)} />}
      {revoking !== null && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  )
}

function Revoke({ token, onClose }: { readonly token: Token; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const revoke = useChange('tokens.revoke')
  return (
    <ChangeDialog
      name="token-revoke"
      title={words.revokeTitle(token.name)}
      confirm={words.revoke}
      dangerous
      change={revoke}
      run={() => revoke.run({ id: token.id })}
      said={words.revoked}
      onClose={onClose}
    >
      <p>{words.revokeText}</p>
    </ChangeDialog>
  )
}
