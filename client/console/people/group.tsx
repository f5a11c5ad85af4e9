// /console/groups/:id — a group: its name and who is in it.
import { useState } from 'preact/hooks'
import { Link, useLocation, useParams } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { GroupKeys } from '../keys/group.tsx'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange, useList, useRead } from '../kit/data.ts'
import { Field, Filters } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { announce, Empty, Failure, Loaded } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { AddMembers } from './add-members.tsx'
import { TakeOutByTwo } from './by-two.tsx'
import { usePaused } from './debounced.ts'
import { StateTag } from './tags.tsx'
import { catalogue } from './words.ts'

type Group = Answer<'groups.show'>
type Member = Answer<'groups.members'>['items'][number]
type Open = 'rename' | 'delete' | 'add' | null

export default function GroupPage() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams()
  const group = useRead('groups.show', { id })
  const [open, setOpen] = useState<Open>(null)
  const mayWrite = useCan('people.write')
  const of = group.data?.id === id ? group : { ...group, data: null }
  const shown = of.data
  return (
    <Page
      title={shown?.name ?? words.group}
      above={<Link href="/groups">{words.groupsTitle}</Link>}
      actions={
        shown !== null &&
        mayWrite && (
          <>
            <button type="button" class="accent" data-action="add-members" onClick={() => setOpen('add')}>
              {words.addMembers}
            </button>
            <button type="button" data-action="rename" onClick={() => setOpen('rename')}>
              {words.rename}
            </button>
            <button type="button" class="danger" data-action="delete" onClick={() => setOpen('delete')}>
              {words.deleteGroup}
            </button>
          </>
        )
      }
    >
      <Loaded of={of}>{(found) => <Members key={found.id} group={found} mayWrite={mayWrite} />}</Loaded>
      {shown !== null && <GroupKeys group={shown} />}
      {shown !== null && open === 'add' && <AddMembers group={shown} onClose={() => setOpen(null)} />}
      {shown !== null && open === 'rename' && <Rename group={shown} onClose={() => setOpen(null)} />}
      {shown !== null && open === 'delete' && <Delete group={shown} onClose={() => setOpen(null)} />}
    </Page>
  )
}

function Members({ group, mayWrite }: { readonly group: Group; readonly mayWrite: boolean }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState('')
  const q = usePaused(typed.trim())
  const list = useList('groups.members', { id: group.id, ...(q === '' ? {} : { q }) })
  const remove = useChange('groups.remove-members', ['people'])
  const [picked, setPicked] = useState<readonly string[]>([])
  const names = new Map((list.data ?? []).map(({ id, display_name }) => [id, display_name]))
  const chosen = picked.filter((id) => names.has(id)).slice(0, 200)
  const needsTwo = remove.refusal === 'loosening-needs-reason'
  const takeOut = async () => {
    const outcome = await remove.run({ id: group.id, people: chosen })
    if (outcome?.done === true) announce(words.takenOut(number(locale, outcome.answer.removed)))
  }
  return (
    <>
      <Filters>
        <Field
          label={words.search}
          name="q"
          type="search"
          hint={words.searchHint}
          value={typed}
          onInput={setTyped}
          maxLength={200}
        />
      </Filters>
      <Failure reason={needsTwo ? null : remove.refusal} />
      {needsTwo && (
        <TakeOutByTwo
          group={group.id}
          people={chosen}
          loosens={remove.refused?.members['loosens']}
          onClose={remove.clear}
        />
      )}
      {chosen.length > 0 && (
        <div class="page-actions chosen-actions" role="status">
          <span>{words.chosen(number(locale, chosen.length))}</span>
          <button type="button" class="danger" data-action="take-out" onClick={() => void takeOut()}>
            {words.takeOut}
          </button>
        </div>
      )}
      <ListTable
        list={list}
        caption={words.members}
        idOf={(row: Member) => row.id}
        {...(mayWrite
          ? { selection: { ids: chosen, onChange: setPicked, nameOf: (id: string) => names.get(id) ?? id } }
          : {})}
        columns={[
          {
            id: 'name',
            header: words.displayName,
            cell: (row) => <Person id={row.id} username={row.username} name={row.display_name} />,
          },
          {
            id: 'state',
            header: words.state,
            cell: ({ suspended_at }) => <StateTag state={suspended_at === null ? 'active' : 'suspended'} />,
          },
          { id: 'added', header: words.addedAt, wideOnly: true, cell: ({ added_at }) => <When at={added_at} /> },
        ]}
        empty={
          <Empty title={words.noMembers}>
            <p>{words.noMembersText}</p>
          </Empty>
        }
      />
    </>
  )
}

function Rename({ group, onClose }: { readonly group: Group; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const rename = useChange('groups.rename', ['people'])
  const [name, setName] = useState(group.name)
  const current =
    rename.refusal === 'edited-meanwhile' ? (rename.refused?.members['current'] as Group | undefined) : undefined
  return (
    <ChangeDialog
      name="group-rename"
      title={words.rename}
      confirm={current === undefined ? words.rename : words.conflictKeep}
      change={rename}
      run={() => rename.run({ id: group.id, version: (current ?? group).version, name })}
      said={words.renamed}
      onClose={onClose}
    >
      <Field label={words.groupName} name="name" required value={name} onInput={setName} maxLength={100} />
      {current !== undefined && (
        <p class="notice warn">
          <bdi>{words.conflictNow(words.groupName, current.name)}</bdi>
        </p>
      )}
    </ChangeDialog>
  )
}

function Delete({ group, onClose }: { readonly group: Group; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const [, go] = useLocation()
  const remove = useChange('groups.delete', ['people'])
  return (
    <ChangeDialog
      name="group-delete"
      title={words.deleteGroup}
      confirm={words.deleteGroup}
      dangerous
      change={remove}
      run={() => remove.run({ id: group.id })}
      said={words.groupDeleted}
      next={() => go('/groups')}
      onClose={onClose}
    >
      <p>{words.deleteGroupText}</p>
    </ChangeDialog>
  )
}
