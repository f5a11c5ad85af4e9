// What can be done about an alert: mark it, or end and notify in one click; and the dialog that says what will happen.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { catalogue } from './words.ts'

export type Alert = Answer<'alerts.list'>['items'][number]
type Deed = 'device' | 'person' | 'handle'

export interface Chosen {
  readonly alert: Alert
  readonly deed: Deed
}

/** What was pressed, and its dialog: drawn beside the list, since the alert may leave the list while somebody reads it. */
export function useDeciding(): { readonly choose: (chosen: Chosen) => void; readonly dialog: ComponentChildren } {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const dialog = chosen === null ? null : <DeedDialog {...chosen} onClose={() => setChosen(null)} />
  return { choose: setChosen, dialog }
}

interface DecideProps {
  readonly alert: Alert
  readonly choose: (chosen: Chosen) => void
  /** In a list: only what is done most. */
  readonly brief?: boolean
}

/** The buttons for an alert that is open; nothing for who may not, or for one that was handled. */
export function Decide({ alert, choose, brief = false }: DecideProps) {
  const words = catalogue[useLocale()]
  const may = useCan('alerts.handle')
  if (!may || alert.state === 'handled') return null
  const named = (label: string) => (alert.person === null ? label : `${label}, ${alert.person.username}`)
  const button = (deed: Deed, label: string, action: string) => (
    <button
      type="button"
      class={deed === 'handle' ? '' : 'danger'}
      data-action={action}
      aria-label={named(label)}
      onClick={() => choose({ alert, deed })}
    >
      {label}
    </button>
  )
  return (
    <span class="page-actions">
      {alert.device !== null && button('device', words.endDevice, 'end-device')}
      {!brief &&
        alert.person !== null &&
        alert.kind !== 'service-budget' &&
        button('person', words.endPerson, 'end-person')}
      {button('handle', words.handle, 'handle')}
    </span>
  )
}

interface DeedProps extends Chosen {
  readonly onClose: () => void
}

function DeedDialog({ alert, deed, onClose }: DeedProps) {
  const words = catalogue[useLocale()]
  const [note, setNote] = useState('')
  const end = useChange('alerts.end-and-notify', ['watch', 'sessions', 'people'])
  const handle = useChange('alerts.handle', ['watch'])
  const [title, text] = {
    device: [words.endDevice, words.endDeviceText] as const,
    person: [words.endPerson, words.endPersonText] as const,
    handle: [words.handle, words.handleText] as const,
  }[deed]
  const used = deed === 'handle' ? handle : end
  const written = note.trim() === '' ? {} : { note: note.trim() }
  const before = used.refused?.members['alert'] as Alert | undefined
  return (
    <ChangeDialog<Answer<'alerts.handle' | 'alerts.end-and-notify'>>
      name="alert-decide"
      title={title}
      confirm={title}
      dangerous={deed !== 'handle'}
      change={used}
      run={async () =>
        deed === 'handle'
          ? await handle.run({ id: alert.id, ...written })
          : await end.run({ id: alert.id, scope: deed, ...written })
      }
      said={(answer) => {
        if (!('alert' in answer)) return words.doneHandled
        return (answer.alert.told ?? []).length > 0 ? words.doneEnded : words.doneEndedUntold
      }}
      onClose={onClose}
    >
      <p>
        <strong>
          <bdi>
            {[alert.person?.username, deed === 'device' ? (alert.device?.name ?? alert.device?.id) : null]
              .filter(Boolean)
              .join(' · ')}
          </bdi>
        </strong>
      </p>
      <p>{text}</p>
      <Field
        label={words.noteField}
        hint={words.noteHint}
        value={note}
        onInput={setNote}
        required={false}
        rows={2}
        name="note"
      />
      {before !== undefined && <p role="status">{words.meanwhile(before.handled_by ?? '?')}</p>}
    </ChangeDialog>
  )
}
