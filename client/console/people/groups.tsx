// /console/groups — the groups, with how many members each has.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useList } from '../kit/data.ts'
import { Field, Filters } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { When } from '../kit/values.tsx'
import { usePaused } from './debounced.ts'
import { catalogue } from './words.ts'

type Row = Answer<'groups.list'>['items'][number]

export default function Groups() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState('')
  const [adding, setAdding] = useState(false)
  const q = usePaused(typed.trim())
  const list = useList('groups.list', q === '' ? {} : { q })
  const mayWrite = useCan('people.write')
  return (
    <Page
      title={words.groupsTitle}
      lead={words.groupsLead}
      actions={
        mayWrite && (
          <button type="button" class="accent" data-action="add-group" onClick={() => setAdding(true)}>
            {words.addGroup}
          </button>
        )
      }
    >
      <Filters>
        <Field label={words.search} name="q" type="search" value={typed} onInput={setTyped} maxLength={200} />
      </Filters>
      <ListTable
        list={list}
        caption={words.groupsTitle}
        idOf={(row: Row) => row.id}
        columns={[
          {
            id: 'name',
            header: words.groupName,
            cell: ({ id, name }) => (
              <Link href={`/groups/${id}`}>
                <bdi>{name}</bdi>
              </Link>
            ),
          },
          { id: 'members', header: words.members, align: 'end', cell: ({ members }) => number(locale, members) },
          {
            id: 'external',
            header: words.externalId,
            wideOnly: true,
            cell: ({ external_id }) => <bdi>{external_id ?? ''}</bdi>,
          },
          { id: 'created', header: words.created, wideOnly: true, cell: ({ created_at }) => <When at={created_at} /> },
        ]}
        empty={
          <Empty title={words.noGroup}>
            <p>{words.noGroupText}</p>
          </Empty>
        }
      />
      {adding && <NewGroup onClose={() => setAdding(false)} />}
    </Page>
  )
}

function NewGroup({ onClose }: { readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const [, go] = useLocation()
  const create = useChange('groups.create')
  const [name, setName] = useState('')
  return (
    <ChangeDialog
      name="group-new"
      title={words.addGroup}
      confirm={words.addGroup}
      change={create}
      run={() => create.run({ name })}
      said={words.groupCreated}
      next={({ id }) => go(`/groups/${id}`)}
      onClose={onClose}
    >
      <Field label={words.groupName} name="name" required value={name} onInput={setName} maxLength={100} />
    </ChangeDialog>
  )
}
