// /console/audit — the log, filtered; taken out as a file; held against a head.
import { useState } from 'preact/hooks'
import { reasonOf } from '../../shared/api.ts'
import { number, useLocale } from '../../shared/locale.ts'
import { type Answer, download } from '../api.ts'
import { useCan, useList } from '../kit/data.ts'
import { Field, Filters } from '../kit/form.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { announce, Empty, Failure } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, When } from '../kit/values.tsx'
import { Heads, Verify } from './verify.tsx'
import { catalogue } from './words.ts'

type Entry = Answer<'audit.list'>['items'][number]

const NO_FILTER = { action: '', actor: '', subject: '', from: '', until: '' }

/** A day as the person sees it: from its first moment, or until the next one's. */
function moment(day: string, next: boolean): string | undefined {
  if (day === '') return undefined
  const at = new Date(`${day}T00:00`)
  if (next) at.setDate(at.getDate() + 1)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

export default function Audit() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [typed, setTyped] = useState(NO_FILTER)
  const set = (name: keyof typeof NO_FILTER) => (value: string) => setTyped((now) => ({ ...now, [name]: value }))
  const filter = {
    action: typed.action.trim() || undefined,
    actor: typed.actor.trim() || undefined,
    subject: typed.subject.trim() || undefined,
    from: moment(typed.from, false),
    until: moment(typed.until, true),
  }
  const list = useList('audit.list', filter)
  const mayTake = useCan('audit.export')
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters>
        <Field
          label={words.action}
          hint={words.actionHint}
          value={typed.action}
          onInput={set('action')}
          type="search"
        />
        <Field label={words.actor} hint={words.actorHint} value={typed.actor} onInput={set('actor')} />
        <Field label={words.subject} value={typed.subject} onInput={set('subject')} />
        <Field label={words.from} type="date" value={typed.from} onInput={set('from')} />
        <Field label={words.until} type="date" value={typed.until} onInput={set('until')} />
      </Filters>
      <ListTable
        list={list}
        caption={words.caption}
        idOf={(entry: Entry) => String(entry.sequence)}
        columns={[
          { id: 'sequence', header: words.number, align: 'end', cell: ({ sequence }) => number(locale, sequence) },
          { id: 'at', header: words.when, cell: ({ at }) => <When at={at} /> },
          { id: 'action', header: words.action, cell: ({ action }) => <code>{action}</code> },
          { id: 'actor', header: words.actor, cell: (entry) => <Named id={entry.actor} name={entry.actor_name} /> },
          {
            id: 'subject',
            header: words.subject,
            cell: (entry) => <Named id={entry.subject} name={entry.subject_name} />,
          },
          { id: 'detail', header: words.detail, wideOnly: true, cell: ({ detail }) => <Detail of={detail} /> },
        ]}
        empty={
          <Empty title={words.empty}>
            <p>{words.emptyText}</p>
            <p>
              <button type="button" onClick={() => setTyped(NO_FILTER)}>
                {words.clear}
              </button>
            </p>
          </Empty>
        }
      />
      {mayTake && <Take filter={filter} />}
      <Verify />
      <Heads />
    </Page>
  )
}

/** A person by their name with a link, anything else by its id. */
function Named({ id, name }: { readonly id: string; readonly name: string | null }) {
  const [person = id, token] = id.split('/')
  if (name === null) return <code>{id}</code>
  return (
    <>
      <Person id={person} username={name} />
      {token !== undefined && (
        <>
          {' '}
          <code>{token}</code>
        </>
      )}
    </>
  )
}

function Detail({ of }: { readonly of: Readonly<Record<string, unknown>> }) {
  const words = catalogue[useLocale()]
  if (Object.keys(of).length === 0) return null
  return (
    <details>
      <summary>{words.look}</summary>
      <pre>{JSON.stringify(of, null, 2)}</pre>
    </details>
  )
}

function Take({ filter }: { readonly filter: Readonly<Record<string, string | undefined>> }) {
  const words = catalogue[useLocale()]
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const take = async (format: 'jsonl' | 'cef') => {
    if (busy) return
    setBusy(true)
    setRefusal(null)
    try {
      await download('audit.export', { format, ...filter })
      announce(words.taken)
    } catch (error) {
      setRefusal(reasonOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Panel title={words.take}>
      <p>{words.takeText}</p>
      <Failure reason={refusal} />
      <p class="page-actions">
        <button type="button" aria-disabled={busy} data-action="take-jsonl" onClick={() => void take('jsonl')}>
          {words.jsonl}
        </button>
        <button type="button" aria-disabled={busy} data-action="take-cef" onClick={() => void take('cef')}>
          {words.cef}
        </button>
      </p>
    </Panel>
  )
}
