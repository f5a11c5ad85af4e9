// What one group asks of its people's keys, edited. What somebody else saved meanwhile is shown, and nothing typed is lost.
import { useEffect, useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import { useChange, useRead } from '../kit/data.ts'
import { Confirm, Dialog } from '../kit/dialog.tsx'
import { Check, Field, Select } from '../kit/form.tsx'
import { announce, Failure, Loading } from '../kit/states.tsx'
import { catalogue } from './model-words.ts'
import { type Model, matches } from './models.tsx'
import { Picture } from './picture.tsx'
import type { Policy } from './policies.tsx'

interface PolicyDialogProps {
  /** Null: of a group that has none yet. */
  readonly of: Policy | null
  /** Whose it is to be; absent: chosen here. */
  readonly group?: { readonly id: string; readonly name: string }
  /** Groups that have one. */
  readonly taken: readonly string[]
  readonly onClose: () => void
}

interface Choice {
  readonly id: string
  readonly name: string
}

export function PolicyDialog(props: PolicyDialogProps) {
  const words = catalogue[useLocale()]
  const chooses = props.of === null && props.group === undefined
  const groups = useRead('groups.list', { limit: 200 }, { enabled: chooses })
  if (!chooses) return <PolicyForm {...props} free={null} />
  // Drawn when all of it is there: nothing moves under somebody's finger.
  if (groups.data === null)
    return (
      <Dialog name="key-policy-loading" title={words.addTitle} onClose={props.onClose}>
        <Failure reason={groups.refusal} again={groups.again} />
        {groups.refusal === null && <Loading />}
      </Dialog>
    )
  return <PolicyForm {...props} free={groups.data.items.filter(({ id }) => !props.taken.includes(id))} />
}

interface PolicyFormProps extends PolicyDialogProps {
  /** Groups without a policy; null: whose it is, is known. */
  readonly free: readonly Choice[] | null
}

function PolicyForm({ of: before, group: named, free, onClose }: PolicyFormProps) {
  const words = catalogue[useLocale()]
  // What is edited: it may be read again, and be another, while somebody types.
  const [version] = useState(before?.version ?? 0)
  const save = useChange('key-policies.set', ['keys'])
  const metadata = useRead('metadata.show', {}).data
  const [group, setGroup] = useState(before?.group.id ?? named?.id ?? '')
  const [policy, setPolicy] = useState(before?.policy ?? 'attested')
  const [listed, setListed] = useState(before?.aaguids !== null && before !== null)
  const [aaguids, setAaguids] = useState<readonly string[]>(before?.aaguids ?? [])
  const [platform, setPlatform] = useState(before?.platform_allowed ?? false)
  const [minKeys, setMinKeys] = useState<'1' | '2'>(before?.min_keys === 1 ? '1' : '2')
  const [checked, setChecked] = useState(false)
  const [typed, setTyped] = useState('')
  // What it would loosen is the server's to say.
  const [loosens, setLoosens] = useState(false)
  useEffect(() => {
    if (save.refusal === 'loosening-needs-reason') setLoosens(true)
  }, [save.refusal])
  const reason = typed.trim()
  const chosenGroup = group || (free?.[0]?.id ?? '')
  const noModel = listed && aaguids.length === 0
  // Of the second save after a conflict: what was shown is what it replaces.
  const moved =
    save.refusal === 'edited-meanwhile' ? (save.refused?.members['shown'] as Policy | null | undefined) : null
  const confirm = async () => {
    setChecked(true)
    if (noModel || chosenGroup === '' || (loosens && reason === '')) return
    const saved = await save.run({
      group: chosenGroup,
      policy,
      aaguids: listed ? [...aaguids] : null,
      platform_allowed: platform,
      min_keys: minKeys === '2' ? 2 : 1,
      version: moved?.version ?? version,
      ...(loosens ? { reason } : {}),
    })
    if (!saved?.done) return
    announce(words.saved)
    onClose()
  }
  return (
    <Confirm
      name="key-policy"
      title={free !== null ? words.addTitle : words.editTitle(before?.group.name ?? named?.name ?? '')}
      confirm={words.save}
      busy={save.busy}
      refusal={save.refusal ?? (checked && loosens && reason === '' ? 'loosening-needs-reason' : null)}
      act={save.act}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {free !== null &&
        (free.length === 0 ? (
          <p class="notice warn">{words.noGroups}</p>
        ) : (
          <Select
            label={words.group}
            name="group"
            value={chosenGroup}
            options={free.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={setGroup}
          />
        ))}
      <Select
        label={words.policy}
        name="policy"
        value={policy}
        hint={words.policyHints[policy]}
        options={(['attested', 'device-bound', 'any'] as const).map((value) => ({
          value,
          label: words.policyNames[value],
        }))}
        onChange={setPolicy}
      />
      {policy === 'attested' && metadata?.imports.length === 0 && (
        <p class="notice warn">{words.attestedWithoutMetadata}</p>
      )}
      <Select
        label={words.minKeys}
        name="min_keys"
        value={minKeys}
        options={[
          { value: '2', label: words.two },
          { value: '1', label: words.one },
        ]}
        onChange={setMinKeys}
      />
      <Check label={words.platformText} name="platform" checked={platform} onChange={setPlatform} />
      <Check label={words.listOnly} name="listed" checked={listed} onChange={setListed} />
      {listed && <ModelChoice chosen={aaguids} isProved={policy === 'attested'} onChange={setAaguids} />}
      {checked && noModel && (
        <p class="wrong" role="alert">
          {words.chooseSome}
        </p>
      )}
      {loosens && save.act === null && (
        <Field
          label={words.reason}
          hint={words.reasonHint}
          name="reason"
          required
          rows={2}
          value={typed}
          onInput={setTyped}
          maxLength={500}
        />
      )}
      {moved != null && <p>{`${words.someoneElse} ${words.policyNames[moved.policy]}.`}</p>}
    </Confirm>
  )
}

interface ModelChoiceProps {
  readonly chosen: readonly string[]
  /** Whether the policy has keys prove their model. */
  readonly isProved: boolean
  readonly onChange: (aaguids: readonly string[]) => void
}

function ModelChoice({ chosen, isProved, onChange }: ModelChoiceProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const models = useRead('models.list', {}).data?.items ?? []
  const [q, setQ] = useState('')
  // A chosen model stays in sight, also one that the metadata lost or that is forbidden now.
  const offered = models.filter((model) => (model.certified || chosen.includes(model.aaguid)) && matches(model, q))
  const gone = chosen.filter((aaguid) => !models.some((model) => model.aaguid === aaguid))
  const toggle = (aaguid: string) => (on: boolean) =>
    onChange(on ? [...chosen, aaguid] : chosen.filter((one) => one !== aaguid))
  return (
    <fieldset class="model-choice">
      <legend>
        {words.which} <span class="soft">({words.chosen(number(locale, chosen.length))})</span>
      </legend>
      {!isProved && <p class="hint">{words.listProof}</p>}
      <Field label={words.search} type="search" name="models" value={q} onInput={setQ} />
      <div class="model-list">
        {offered.map((model: Model) => (
          <Check
            key={model.aaguid}
            name={model.aaguid}
            checked={chosen.includes(model.aaguid)}
            onChange={toggle(model.aaguid)}
            label={
              <span class="key-model">
                <Picture aaguid={model.aaguid} />
                <bdi>{model.description}</bdi>
              </span>
            }
          />
        ))}
        {gone.map((aaguid) => (
          <Check key={aaguid} name={aaguid} checked onChange={toggle(aaguid)} label={<code>{aaguid}</code>} />
        ))}
      </div>
    </fieldset>
  )
}
