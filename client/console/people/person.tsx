// /console/people/:id — a person: who they are, what may be done to them, and what other areas show of them.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useCan, useChange, useMe, useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { announce, Failure, Loaded, Loading } from '../kit/states.tsx'
import { Copy, When } from '../kit/values.tsx'
import { AddToGroup } from './add-to-group.tsx'
import { TakeOutByTwo } from './by-two.tsx'
import { EditPerson } from './edit-person.tsx'
import { type PanelPerson, PERSON_PANELS, type PersonPanel } from './panels.ts'
import { DeletePerson, ResumePerson, SetRole, SuspendPerson } from './person-acts.tsx'
import { StateTag } from './tags.tsx'
import { catalogue } from './words.ts'

export type Shown = Answer<'people.show'>
type Open = 'edit' | 'role' | 'suspend' | 'resume' | 'delete' | 'group' | null

export default function PersonPage() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams()
  const person = useRead('people.show', { id })
  // While another person's page loads, the one before is not shown under its name.
  const of = person.data?.id === id ? person : { ...person, data: null }
  return (
    <Page title={of.data?.display_name ?? words.title} above={<Link href="/people">{words.back}</Link>}>
      <Loaded of={of}>{(shown) => <Body key={shown.id} person={shown} />}</Loaded>
    </Page>
  )
}

function Body({ person }: { readonly person: Shown }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const me = useMe()
  const holds = (permission: PersonPanel['permission']) => me?.permissions.includes(permission) ?? false
  const mayWrite =
    holds('people.write') && (person.role === 'person' || holds('roles.write')) && person.state !== 'deleted'
  const isMe = me?.id === person.id
  const button = (what: Exclude<Open, null>, label: string, danger = false) => (
    <button type="button" class={danger ? 'danger' : ''} data-action={what} onClick={() => setOpen(what)}>
      {label}
    </button>
  )
  const panelPerson: PanelPerson = {
    id: person.id,
    username: person.username,
    displayName: person.display_name,
    state: person.state,
  }
  return (
    <>
      {person.state === 'deleted' && <p class="notice">{words.deletedNotice}</p>}
      {person.state === 'suspended' && <p class="notice bad">{words.suspendedNotice}</p>}
      <Panel
        title={words.identity}
        actions={
          <>
            {mayWrite && button('edit', words.edit)}
            {holds('roles.write') && person.state !== 'deleted' && button('role', words.changeRole)}
            {mayWrite && !isMe && person.state === 'active' && button('suspend', words.suspend, true)}
            {mayWrite && person.state === 'suspended' && button('resume', words.resume)}
            {mayWrite && !isMe && button('delete', words.remove, true)}
          </>
        }
      >
        <Facts
          of={[
            [words.displayName, <bdi key="name">{person.display_name}</bdi>],
            [words.username, <Copy key="username" text={person.username} label={words.username} />],
            [words.state, <StateTag key="state" state={person.state} />],
            [words.role, words.roles[person.role]],
            [words.email, <bdi key="email">{person.email ?? words.none}</bdi>],
            ...(person.external_id === null
              ? []
              : [[words.externalId, <bdi key="external">{person.external_id}</bdi>] as const]),
            [words.created, <When key="created" at={person.created_at} />],
          ]}
        />
        <Groups person={person} mayWrite={mayWrite} onAdd={() => setOpen('group')} />
      </Panel>
      {PERSON_PANELS.filter(
        ({ permission, unlessDeleted }) => holds(permission) && !(unlessDeleted === true && person.state === 'deleted'),
      ).map((panel) => (
        <section key={panel.id} id={panel.id} class="panel" aria-label={panel.words[locale]}>
          <div class="panel-head">
            <h2>{panel.words[locale]}</h2>
          </div>
          <LazyPanel panel={panel} person={panelPerson} />
        </section>
      ))}
      {open === 'edit' && <EditPerson person={person} onClose={close} />}
      {open === 'role' && <SetRole person={person} onClose={close} />}
      {open === 'suspend' && <SuspendPerson person={person} onClose={close} />}
      {open === 'resume' && <ResumePerson person={person} onClose={close} />}
      {open === 'delete' && <DeletePerson person={person} onClose={close} />}
      {open === 'group' && <AddToGroup people={[person.id]} onClose={close} />}
    </>
  )
}

function Groups({
  person,
  mayWrite,
  onAdd,
}: {
  readonly person: Shown
  readonly mayWrite: boolean
  readonly onAdd: () => void
}) {
  const words = catalogue[useLocale()]
  const remove = useChange('groups.remove-members', ['people'])
  const canLeave = useCan('people.write') && mayWrite
  const [leaving, setLeaving] = useState('')
  const needsTwo = remove.refusal === 'loosening-needs-reason'
  const leave = async (id: string) => {
    setLeaving(id)
    const outcome = await remove.run({ id, people: [person.id] })
    if (outcome !== null) announce(words.added)
  }
  return (
    <>
      <h3>{words.groups}</h3>
      <Failure reason={needsTwo ? null : remove.refusal} />
      {needsTwo && (
        <TakeOutByTwo
          group={leaving}
          people={[person.id]}
          loosens={remove.refused?.members['loosens']}
          onClose={remove.clear}
        />
      )}
      {person.groups.length === 0 && <p class="soft">{words.noGroups}</p>}
      {person.groups.length > 0 && (
        <ul class="memberships">
          {person.groups.map(({ id, name }) => (
            <li key={id}>
              <Link href={`/groups/${id}`}>
                <bdi>{name}</bdi>
              </Link>
              {canLeave && (
                <button
                  type="button"
                  class="quiet small"
                  aria-label={words.leaveGroup(name)}
                  onClick={() => void leave(id)}
                >
                  ×
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayWrite && (
        <p>
          <button type="button" data-action="group" onClick={onAdd}>
            {words.addToGroup}
          </button>
        </p>
      )}
    </>
  )
}

// What was loaded stays: the next person's page is drawn at once.
const loaded = new Map<PersonPanel, ComponentType<{ readonly person: PanelPerson }>>()

function LazyPanel({ panel, person }: { readonly panel: PersonPanel; readonly person: PanelPerson }) {
  const words = catalogue[useLocale()]
  const [state, setState] = useState<'loading' | 'there' | 'failed'>(loaded.has(panel) ? 'there' : 'loading')
  useEffect(() => {
    if (loaded.has(panel)) return
    panel.load().then(
      (module) => {
        loaded.set(panel, module.default)
        setState('there')
      },
      () => setState('failed'),
    )
  }, [panel])
  const Content = loaded.get(panel)
  if (state === 'failed') return <p class="wrong">{words.loadPanelFailed}</p>
  return Content === undefined ? <Loading /> : <Content person={person} />
}
