// /console/people/:id/lost — a key is lost: revoke it, then give access again. One page, for a Friday evening.
import { useState } from 'preact/hooks'
import { useParams } from 'wouter-preact'
import { instant, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Page, Panel } from '../kit/page.tsx'
import { announce, Failure, Loaded } from '../kit/states.tsx'
import { Person } from '../kit/values.tsx'
import { DeskDialog } from './desk-dialog.tsx'
import { LinkDialog } from './link-dialog.tsx'
import { PassDialog } from './pass-dialog.tsx'
import { catalogue } from './words.ts'

type Shown = Answer<'lost.show'>
const ALL = 'all'

export default function Lost() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams<{ id: string }>()
  const shown = useRead('lost.show', { person: id })
  const name = shown.data?.person.display_name ?? ''
  return (
    <Page
      title={words.lostTitle(name)}
      lead={words.lostLead}
      above={shown.data && <Person id={id} username={shown.data.person.username} name={name} />}
    >
      <Loaded of={shown}>
        {(found) => (
          <>
            <Revoke key={id} shown={found} />
            <Again shown={found} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Revoke({ shown }: { readonly shown: Shown }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const revoke = useChange('lost.revoke', ['people', 'keys', 'sessions', 'enrolment'])
  const [chosen, setChosen] = useState(ALL)
  const [done, setDone] = useState<string | null>(null)
  const { person, keys } = shown
  const submit = async () => {
    const outcome = await revoke.run({ person: person.id, ...(chosen === ALL ? {} : { keys: [chosen] }) })
    if (outcome?.done !== true) return
    const said = words.revoked(outcome.answer.keys.length, outcome.answer.devices)
    setDone(said)
    setChosen(ALL)
    announce(said)
  }
  const choice = (value: string, label: string) => (
    <p class="choice" key={value}>
      <input
        id={`lost-${value}`}
        type="radio"
        name="lost"
        value={value}
        checked={chosen === value}
        onChange={() => setChosen(value)}
      />
      <label for={`lost-${value}`}>{label}</label>
    </p>
  )
  return (
    <Panel title={words.step1}>
      {done !== null && (
        <div class="notice" data-done>
          <p>{done}</p>
        </div>
      )}
      {keys.length === 0 && <p class="soft">{words.noKeys}</p>}
      {(done === null || keys.length > 0) && (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            if (!revoke.busy) void submit()
          }}
        >
          <fieldset class="field">
            <legend>{words.which}</legend>
            {keys.map((key) => {
              const used = key.last_used_at === null ? words.never : instant(locale, key.last_used_at)
              const serial = key.serial === null ? '' : ` (${key.serial})`
              return choice(key.id, `${key.name}${serial}, ${words.lastUsed} ${used}`)
            })}
            {choice(ALL, words.all)}
          </fieldset>
          <Failure reason={revoke.refusal} />
          <button type="submit" class="danger solid" data-action="revoke" aria-disabled={revoke.busy}>
            {words.revoke}
          </button>
        </form>
      )}
    </Panel>
  )
}

function Again({ shown }: { readonly shown: Shown }) {
  const words = catalogue[useLocale()]
  const mayEnrol = useCan('keys.enrol')
  const [open, setOpen] = useState<'link' | 'desk' | 'pass' | null>(null)
  const { person } = shown
  const who = { id: person.id, name: person.display_name }
  const close = () => setOpen(null)
  if (!mayEnrol) return null
  if (person.suspended) {
    return (
      <Panel title={words.step2}>
        <p>{words.suspended}</p>
      </Panel>
    )
  }
  const button = (what: 'link' | 'desk' | 'pass', label: string) => (
    <button type="button" data-action={what} onClick={() => setOpen(what)}>
      {label}
    </button>
  )
  return (
    <Panel title={words.step2}>
      <p>{words.hasKey}</p>
      <p class="page-actions">
        {button('link', words.newLink)}
        {button('desk', words.desk)}
      </p>
      <p>{words.hasNone}</p>
      <p class="page-actions">{button('pass', words.pass)}</p>
      {open === 'link' && <LinkDialog person={who} onClose={close} />}
      {open === 'desk' && <DeskDialog person={who} onClose={close} />}
      {open === 'pass' && <PassDialog person={who} onClose={close} />}
    </Panel>
  )
}
