// A new request: who reads, on which device, which rooms and dates, how many, how long, and why.
import { useState } from 'preact/hooks'
import { post, Refused, type ReleaseDraft, type ReleaseSubject } from '../shared/api.ts'
import { Refusal, Status, useTask } from '../shared/ceremony.tsx'
import { instant, number, useLocale } from '../shared/locale.ts'
import { Area, Choice, Input } from './fields.tsx'
import { catalogue } from './words.ts'

type Typ = ReleaseDraft['typ']

const HOURS = { 'export-release': 168, 'enforcement-off': 24 } as const satisfies Record<Typ, number>

const blank = {
  username: '',
  device: null as string | null,
  anyNetwork: false,
  rooms: '',
  from: '',
  until: '',
  events: '',
  hours: '',
  reason: '',
}

export function NewRelease({ onMade }: { readonly onMade: (release: string) => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const [typ, setTyp] = useState<Typ>('export-release')
  const [fields, setFields] = useState(blank)
  const [person, setPerson] = useState<ReleaseSubject | null>(null)
  const set = (name: keyof typeof blank) => (value: string) => setFields((before) => ({ ...before, [name]: value }))
  const look = () =>
    task.run(async () => {
      setPerson(null)
      const found = await post('/api/releases/person', { username: fields.username.trim() })
      setPerson(found)
      setFields((before) => ({ ...before, device: found.devices[0]?.id ?? null }))
    })
  const ask = () =>
    task.run(async () => {
      const { release } = await post('/api/releases/request', draftOf(typ, fields))
      onMade(release)
    })
  const hours = (
    <Input
      name="hours"
      type="number"
      min={1}
      max={HOURS[typ]}
      label={words.hours}
      hint={words.hoursHint(number(locale, HOURS[typ]))}
      value={fields.hours}
      onInput={set('hours')}
    />
  )
  return (
    <section class="sheet" aria-labelledby="new">
      <h2 id="new">{words.newTitle}</h2>
      <form
        data-form="release"
        onSubmit={(event) => {
          event.preventDefault()
          void ask()
        }}
      >
        <Choice
          name="typ"
          legend={words.typ}
          value={typ}
          options={(['export-release', 'enforcement-off'] as const).map((value) => ({
            value,
            label: words.typOptions[value],
          }))}
          onChange={setTyp}
        />
        {typ === 'export-release' && (
          <>
            <Input
              name="username"
              type="text"
              maxLength={64}
              label={words.username}
              hint={words.usernameHint}
              value={fields.username}
              onInput={(value) => {
                set('username')(value)
                setPerson(null)
              }}
            />
            <p>
              <button type="button" data-action="look" onClick={() => void look()}>
                {words.look}
              </button>
            </p>
            <div aria-live="polite">
              {person !== null && person.devices.length === 0 && <p class="notice warn">{words.noDevice}</p>}
              {person !== null && person.devices.length > 0 && (
                <Choice
                  name="device"
                  legend={words.device}
                  value={fields.device}
                  options={person.devices.map((device) => ({
                    value: device.id,
                    label: (
                      <bdi>
                        {words.deviceLine(
                          device.display_name ?? device.device_id,
                          device.network,
                          instant(locale, device.signed_in_at),
                        )}
                      </bdi>
                    ),
                  }))}
                  onChange={set('device')}
                />
              )}
            </div>
            <div class="field">
              <label class="choice">
                <input
                  type="checkbox"
                  name="any_network"
                  checked={fields.anyNetwork}
                  onChange={(event) => {
                    const anyNetwork = event.currentTarget.checked
                    setFields((before) => ({ ...before, anyNetwork }))
                  }}
                />
                <span>{words.anyNetwork}</span>
              </label>
            </div>
            <Area name="rooms" label={words.rooms} hint={words.roomsHint} value={fields.rooms} onInput={set('rooms')} />
            <Input name="from" type="date" label={words.from} value={fields.from} onInput={set('from')} />
            <Input
              name="until"
              type="date"
              label={words.until}
              hint={words.untilHint}
              value={fields.until}
              onInput={set('until')}
            />
            <Input
              name="events"
              type="number"
              min={1}
              max={1_000_000}
              label={words.events}
              value={fields.events}
              onInput={set('events')}
            />
          </>
        )}
        {hours}
        <Input
          name="reason"
          type="text"
          maxLength={500}
          label={words.reason}
          hint={words.reasonHint}
          value={fields.reason}
          onInput={set('reason')}
        />
        <Refusal reason={task.refusal} />
        <button type="submit" class="primary" data-action="ask" aria-disabled={task.progress !== 'idle'}>
          {words.ask}
        </button>
        <Status task={task} />
      </form>
    </section>
  )
}

/** Days are those of the administrator's own calendar: from the first one's midnight to the end of the last one. */
function draftOf(typ: Typ, fields: typeof blank): ReleaseDraft {
  const common = { hours: Number(fields.hours), reason: fields.reason }
  if (typ === 'enforcement-off') return { typ, ...common }
  const from = midnight(fields.from, 0)
  const until = midnight(fields.until, 1)
  if (fields.device === null || Number.isNaN(from) || Number.isNaN(until) || from >= until)
    throw new Refused('bad-form')
  return {
    typ,
    ...common,
    username: fields.username.trim(),
    device: fields.device,
    any_network: fields.anyNetwork,
    rooms: fields.rooms
      .split(/\s+/)
      .map((room) => room.trim())
      .filter(Boolean),
    from,
    until,
    events: Number(fields.events),
  }
}

function midnight(day: string, later: number): number {
  const [year = Number.NaN, month = Number.NaN, date = Number.NaN] = day.split('-').map(Number)
  return Math.floor(new Date(year, month - 1, date + later).getTime() / 1000)
}
