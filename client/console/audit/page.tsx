// /console/audit — the log, filtered; taken out as a file; held against a head.
import { useState } from 'preact/hooks'
import { useSearch } from 'wouter-preact'
import { reasonOf } from '../../shared/api.ts'
import { useLocale } from '../../shared/locale.ts'
import { download } from '../api.ts'
import { useCan, useList } from '../kit/data.ts'
import { Field, Filters } from '../kit/form.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { announce, Empty, Failure } from '../kit/states.tsx'
import { ActionFilter } from './action.tsx'
import { Entries } from './entries.tsx'
import { Heads, Verify } from './verify.tsx'
import { catalogue } from './words.ts'

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
  // From a person's page: what is about them.
  const [subject] = useState(new URLSearchParams(useSearch()).get('subject') ?? '')
  const [typed, setTyped] = useState({ ...NO_FILTER, subject })
  const set = (name: keyof typeof NO_FILTER) => (value: string) => setTyped((now) => ({ ...now, [name]: value }))
  const filter = {
    action: typed.action || undefined,
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
        <ActionFilter value={typed.action} onChange={set('action')} />
        <Field label={words.actor} hint={words.actorHint} name="actor" value={typed.actor} onInput={set('actor')} />
        <Field label={words.subject} name="subject" value={typed.subject} onInput={set('subject')} />
        <Field label={words.from} type="date" value={typed.from} onInput={set('from')} />
        <Field label={words.until} type="date" value={typed.until} onInput={set('until')} />
      </Filters>
      <Entries
        list={list}
        caption={words.caption}
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
