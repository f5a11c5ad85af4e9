// A dialog that makes a token, then shows it: once.
import { useId, useState } from 'preact/hooks'
import type { Permission } from '../../../server/console/permissions.ts'
import { useLocale } from '../../shared/locale.ts'
import { useChange, useMe } from '../kit/data.ts'
import { Confirm, Dialog } from '../kit/dialog.tsx'
import { Check, Field, Select } from '../kit/form.tsx'
import { Facts } from '../kit/page.tsx'
import { Copy } from '../kit/values.tsx'
import { catalogue } from './words.ts'

type Purpose = 'directory' | 'script'

/** What no token is given: see SESSION_ONLY in server/console/permissions.ts, whatever this says. */
const NEVER: readonly Permission[] = ['roles.write']

/** Hours that a token may be made for; the first is the one that is proposed. */
const LIVES: Readonly<Record<Purpose, readonly string[]>> = {
  directory: ['720', '168', '2160', '24'],
  script: ['1', '8', '24'],
}

export function NewToken({ onClose }: { readonly onClose: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const create = useChange('tokens.create')
  const held = (useMe()?.permissions ?? []).filter((one) => !NEVER.includes(one))
  const [purpose, setPurpose] = useState<Purpose>('directory')
  const [name, setName] = useState('')
  const [hours, setHours] = useState(LIVES.directory[0] ?? '24')
  const [chosen, setChosen] = useState<readonly Permission[]>([])
  const [wrong, setWrong] = useState(false)
  const [made, setMade] = useState<{ readonly token: string; readonly scimUrl: string | null } | null>(null)
  if (made !== null) return <Made {...made} onClose={onClose} />
  const submit = async () => {
    const permissions = purpose === 'directory' ? (['scim.write'] as const) : chosen
    const missing = permissions.length === 0 || name.trim() === ''
    setWrong(missing)
    if (missing) return
    const outcome = await create.run({ name: name.trim(), permissions: [...permissions], hours: Number(hours) })
    if (outcome?.done === true) {
      const { token, scim_url } = outcome.answer
      setMade({ token, scimUrl: purpose === 'directory' ? scim_url : null })
    }
  }
  return (
    <Confirm
      name="token-new"
      title={words.add}
      confirm={words.make}
      busy={create.busy}
      refusal={wrong && name.trim() === '' ? 'bad-name' : create.refusal}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <Select
        label={words.purpose}
        name="purpose"
        value={purpose}
        hint={words.purposeHint[purpose]}
        options={(['directory', 'script'] as const).map((value) => ({ value, label: words.purposes[value] }))}
        onChange={(next) => {
          setPurpose(next)
          setHours(LIVES[next][0] ?? '24')
        }}
      />
      <Field
        label={words.name}
        name="name"
        required
        hint={words.nameHint}
        value={name}
        onInput={setName}
        maxLength={100}
      />
      <Select
        label={words.lives}
        name="hours"
        value={hours}
        options={LIVES[purpose]
          .toSorted((a, b) => Number(a) - Number(b))
          .map((value) => ({ value, label: words.livesFor(Number(value)) }))}
        onChange={setHours}
      />
      {purpose === 'script' && (
        <Permissions of={held} chosen={chosen} wrong={wrong && chosen.length === 0} onChange={setChosen} />
      )}
    </Confirm>
  )
}

function Permissions(props: {
  readonly of: readonly Permission[]
  readonly chosen: readonly Permission[]
  readonly wrong: boolean
  readonly onChange: (chosen: readonly Permission[]) => void
}) {
  const words = catalogue[useLocale()]
  const { chosen } = props
  const id = useId()
  return (
    <fieldset class="field" aria-describedby={props.wrong ? id : undefined}>
      <legend>{words.permissions}</legend>
      {props.wrong && (
        <p class="wrong" id={id} role="alert">
          {words.noneChosen}
        </p>
      )}
      {props.of.map((one) => (
        <Check
          key={one}
          name={one}
          label={words.permission[one]}
          checked={chosen.includes(one)}
          onChange={(on) => props.onChange(on ? [...chosen, one] : chosen.filter((other) => other !== one))}
        />
      ))}
    </fieldset>
  )
}

function Made(props: { readonly token: string; readonly scimUrl: string | null; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const { token, scimUrl } = props
  return (
    <Dialog name="token-made" title={words.madeTitle} onClose={props.onClose} wide>
      <p>{words.madeText}</p>
      <Facts
        of={[
          [words.token, <Copy key="token" text={token} label={words.token} />],
          ...(scimUrl !== null
            ? [[words.scimAddress, <Copy key="address" text={scimUrl} label={words.scimAddress} />] as const]
            : []),
        ]}
      />
      <div class="dialog-foot">
        <button type="button" class="accent" data-action="copied" onClick={props.onClose}>
          {words.done}
        </button>
      </div>
    </Dialog>
  )
}
