// A dialog that awaits one key of a person.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { Field, Select } from '../kit/form.tsx'
import { catalogue } from './words.ts'

interface AwaitProps {
  readonly person: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

export function AwaitDialog({ person, onClose }: AwaitProps) {
  const words = catalogue[useLocale()]
  const add = useChange('expected.add')
  const [by, setBy] = useState<'serial' | 'batch'>('serial')
  const [typed, setTyped] = useState({ serial: '', aaguid: '', batch: '' })
  const set = (name: keyof typeof typed) => (value: string) => setTyped((now) => ({ ...now, [name]: value }))
  const batch = typed.batch.trim()
  return (
    <ChangeDialog
      name="key-await"
      title={words.await}
      confirm={words.await}
      change={add}
      run={() =>
        add.run({
          person: person.id,
          ...(by === 'serial' ? { serial: typed.serial.trim() || ' ' } : { aaguid: typed.aaguid.trim() }),
          ...(by === 'batch' && batch !== '' ? { batch } : {}),
        })
      }
      said={words.awaitedSaved}
      onClose={onClose}
    >
      <p>{words.awaitLead}</p>
      <Select
        label={words.byWhat}
        name="by"
        value={by}
        options={[
          { value: 'serial', label: words.bySerial },
          { value: 'batch', label: words.byBatch },
        ]}
        onChange={setBy}
      />
      {by === 'serial' ? (
        <Field
          label={words.serial}
          name="serial"
          required
          hint={words.serialHint}
          value={typed.serial}
          onInput={set('serial')}
          maxLength={100}
        />
      ) : (
        <>
          <Field
            label={words.model}
            name="aaguid"
            required
            value={typed.aaguid}
            onInput={set('aaguid')}
            maxLength={36}
          />
          <Field
            label={words.batch}
            name="batch"
            required={false}
            hint={words.batchHint}
            value={typed.batch}
            onInput={set('batch')}
            maxLength={200}
          />
        </>
      )}
    </ChangeDialog>
  )
}
