// What an import would do, line by line; applying it; and how far it is.
import { useEffect, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import { sentence } from '../../shared/reasons.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useList, useRead, useRefresh } from '../kit/data.ts'
import { Filters, Select } from '../kit/form.tsx'
import { Facts, Panel } from '../kit/page.tsx'
import { announce, Empty, Loaded } from '../kit/states.tsx'
import { ListTable } from '../kit/table.tsx'
import { Person, Tag } from '../kit/values.tsx'
import { catalogue } from './import-words.ts'
import { catalogue as people } from './words.ts'

type Import = Answer<'imports.show'>
type Line = Answer<'imports.lines'>['items'][number]
const EVERY_MS = 1_000

export function Plan({ id }: { readonly id: string }) {
  const [applying, setApplying] = useState(false)
  const found = useRead('imports.show', { id }, applying ? { everyMs: EVERY_MS } : {})
  const state = found.data?.state ?? null
  const words = catalogue[useLocale()]
  const refresh = useRefresh()
  useEffect(() => {
    setApplying(state === 'applying')
    if (state !== 'done') return
    refresh('people', 'groups', 'imports')
    if (applying) announce(words.done)
  }, [state])
  return <Loaded of={found}>{(shown) => <Shown of={shown} />}</Loaded>
}

function Shown({ of }: { readonly of: Import }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [asking, setAsking] = useState(false)
  const { create, update, refused, unchanged } = of.outcomes
  const toDo = create + update
  const written = (count: number) => number(locale, count)
  return (
    <>
      <Panel
        title={of.state === 'planned' ? words.planTitle : words.resultTitle}
        actions={
          of.state === 'planned' &&
          toDo > 0 && (
            <button type="button" class="accent" data-action="apply" onClick={() => setAsking(true)}>
              {words.apply(written(toDo))}
            </button>
          )
        }
      >
        {of.state !== 'planned' && <Progress of={of} />}
        <Facts
          of={[
            [words.file, <bdi key="file">{of.file_name}</bdi>],
            [words.readAs, of.encoding.toUpperCase()],
            [words.outcomes.create, written(create)],
            [words.outcomes.update, written(update)],
            [words.outcomes.unchanged, written(unchanged)],
            [words.outcomes.refused, written(refused)],
            [
              of.state === 'planned' ? words.newGroups : words.groupsMade,
              <bdi key="groups">{of.new_groups.join(', ') || words.noNewGroups}</bdi>,
            ],
            ...(of.ignored_columns.length === 0
              ? []
              : [[words.ignored, <bdi key="ignored">{of.ignored_columns.join(', ')}</bdi>] as const]),
          ]}
        />
        {of.state === 'planned' && toDo === 0 && <p class="notice">{words.nothing}</p>}
        {refused > 0 && <p class="soft">{words.refusedStay}</p>}
      </Panel>
      <Lines of={of} />
      {asking && <Apply of={of} onClose={() => setAsking(false)} />}
    </>
  )
}

function Progress({ of }: { readonly of: Import }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { pending, applied, passed_over } = of.states
  const total = pending + applied + passed_over
  const title = of.state === 'done' ? words.done : words.working
  return (
    <div class={of.state === 'done' ? 'notice' : 'notice warn'} data-import={of.state}>
      <p class="notice-title">{title}</p>
      {of.state === 'applying' && <progress max={total} value={total - pending} aria-label={title} />}
      {of.state === 'applying' && <p>{words.progress(number(locale, total - pending), number(locale, total))}</p>}
      {of.state === 'done' && <p>{words.doneText(number(locale, applied), number(locale, passed_over))}</p>}
      {of.state === 'done' && of.outcomes.create > 0 && (
        <>
          <p>{words.nextStep}</p>
          <p>
            <Link class="button" href="/people?keys=none" data-action="keyless">
              {words.nextStepLink}
            </Link>
          </p>
        </>
      )}
    </div>
  )
}

function Apply({ of, onClose }: { readonly of: Import; readonly onClose: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const apply = useChange('imports.apply')
  return (
    <ChangeDialog
      name="import-apply"
      title={words.applyTitle}
      confirm={words.apply(number(locale, of.outcomes.create + of.outcomes.update))}
      change={apply}
      run={() => apply.run({ id: of.id })}
      onClose={onClose}
    >
      <p>{words.applyText}</p>
    </ChangeDialog>
  )
}

const SHOWN = ['', 'create', 'update', 'unchanged', 'refused', 'passed-over'] as const

function Lines({ of }: { readonly of: Import }) {
  const locale = useLocale()
  const words = catalogue[locale]
  // What needs somebody to look comes first.
  const [kind, setKind] = useState<(typeof SHOWN)[number]>(
    of.outcomes.refused > 0 && of.state === 'planned' ? 'refused' : '',
  )
  const filter = kind === '' ? {} : kind === 'passed-over' ? { state: kind } : { outcome: kind }
  const list = useList(
    'imports.lines',
    { id: of.id, ...filter },
    of.state === 'applying' ? { everyMs: 5 * EVERY_MS } : {},
  )
  const labels = { '': words.all, 'passed-over': words.passedOver, ...words.outcomes }
  return (
    <>
      <Filters>
        <Select
          label={words.show}
          name="lines"
          value={kind}
          options={SHOWN.map((value) => ({ value, label: labels[value] }))}
          onChange={setKind}
        />
      </Filters>
      <ListTable
        list={list}
        caption={words.lines}
        idOf={(row: Line) => String(row.line)}
        columns={[
          { id: 'line', header: words.line, align: 'end', cell: ({ line }) => number(locale, line) },
          {
            id: 'person',
            header: words.person,
            names: true,
            cell: (row) => (
              <>
                <Person id={row.person} username={row.username} name={row.display_name} />
                <span class="narrow-only">
                  <Result of={row} />
                </span>
              </>
            ),
          },
          { id: 'what', header: words.what, wideOnly: true, cell: (row) => <Result of={row} /> },
          {
            id: 'details',
            header: words.details,
            cell: (row) => (
              <div class="long-cell">
                <Details of={row} />
              </div>
            ),
          },
        ]}
        empty={<Empty title={words.noLines} />}
      />
    </>
  )
}

function Result({ of }: { readonly of: Line }) {
  const words = catalogue[useLocale()]
  const kind =
    of.outcome === 'refused' || of.state === 'passed-over' ? 'bad' : of.outcome === 'unchanged' ? 'plain' : 'good'
  const state = words.states[of.state]
  return (
    <>
      <Tag kind={kind}>{words.lineOutcomes[of.outcome]}</Tag>
      {state !== '' && <span class="soft small"> {state}</span>}
    </>
  )
}

function Details({ of }: { readonly of: Line }) {
  const locale = useLocale()
  const words = catalogue[locale]
  // A page that is loaded again would not help here: the plan is made.
  if (of.reason === 'group-unknown') return <>{words.groupMissing(of.groups.join(', '))}</>
  if (of.reason !== null) return <>{sentence(locale, of.reason)}</>
  const roles: Readonly<Record<string, string>> = people[locale].roles
  const fields: Readonly<Record<string, string>> = words.fields
  const said = (field: string, value: string) => (field === 'role' ? (roles[value] ?? value) : value)
  if (of.outcome === 'update')
    return (
      <ul class="plain-list">
        {of.changes.map(({ field, from, to }) => (
          <li key={field}>
            {words.ofField(fields[field] ?? field)}{' '}
            {from !== null && (
              <del>
                <bdi>{said(field, from)}</bdi>
              </del>
            )}{' '}
            <ins>
              <bdi>{said(field, to)}</bdi>
            </ins>
          </li>
        ))}
      </ul>
    )
  const facts = [of.email, of.role === null ? null : said('role', of.role), of.groups.join(', ') || null]
  return <bdi>{facts.filter((one) => one !== null).join(' · ')}</bdi>
}
