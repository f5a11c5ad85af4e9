// What would change, a simulation of it, and applying it.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { ConsoleRefused } from '../api.ts'
import { useCan, useChange } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { ActRequested, Failure } from '../kit/states.tsx'
import { type Change, Changes } from './changes.tsx'
import type { Checked } from './edit.tsx'
import type { Mistake } from './faults.ts'
import { Mistakes } from './mistakes.tsx'
import { Simulate } from './simulation.tsx'
import { catalogue } from './words.ts'

interface Props {
  readonly checked: Checked
  readonly basedOn: number
  /** Compares what was typed with another version instead. */
  readonly onOnto: (number: number) => void
  readonly onApplied: (number: number) => void
}

export function Review({ checked, basedOn, onOnto, onApplied }: Props) {
  const words = catalogue[useLocale()]
  const apply = useChange('policy.apply')
  const mayWrite = useCan('policy.write')
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState(false)
  const typed = reason.trim()
  const { changes, loosens, document } = checked
  if (changes.length === 0 || document === null) return <p data-review="none">{words.noChange}</p>
  const run = async () => {
    setWrong(typed === '')
    if (typed === '') return
    const outcome = await apply.run({ document, based_on: basedOn, reason: typed })
    if (outcome?.done) onApplied(outcome.answer.number)
  }
  return (
    <div data-review={loosens ? 'loosens' : 'tightens'}>
      <h3>{words.changesTitle(changes.length)}</h3>
      <Changes of={changes} caption={words.changesTitle(changes.length)} document={document} />
      <p class={loosens ? 'notice warn' : 'notice'}>{loosens ? words.loosensText : words.tightensText}</p>
      <Simulate document={document} />
      {mayWrite && (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void run()
          }}
        >
          {apply.act === null && (
            <Field
              label={words.reason}
              hint={words.reasonHint}
              name="reason"
              value={reason}
              onInput={setReason}
              required
            />
          )}
          <Failure reason={wrong && typed === '' ? 'bad-reason' : apply.refusal}>
            {apply.refused?.reason === 'edited-meanwhile' && (
              <Conflict refused={apply.refused} document={document} onOnto={onOnto} />
            )}
            {apply.refused?.reason === 'policy-mistakes' && (
              <Mistakes of={(apply.refused.members['mistakes'] ?? []) as readonly Mistake[]} />
            )}
          </Failure>
          <ActRequested act={apply.act} />
          {apply.act === null && (
            <p>
              <button type="submit" class="accent" data-action="apply" aria-disabled={apply.busy}>
                {loosens ? words.applyAct : words.apply}
              </button>
            </p>
          )}
        </form>
      )}
    </div>
  )
}

/** Somebody applied another version meanwhile: what it changed, and the way on with what was typed here. */
function Conflict({
  refused,
  document,
  onOnto,
}: {
  readonly refused: ConsoleRefused
  readonly document: Checked['document']
  readonly onOnto: Props['onOnto']
}) {
  const words = catalogue[useLocale()]
  const number = Number(refused.members['number'])
  const changes = (refused.members['changes'] ?? []) as readonly Change[]
  return (
    <>
      <p>{words.conflictText}</p>
      {changes.length > 0 && (
        <>
          <p>{words.conflictSince}</p>
          <Changes of={changes} caption={words.conflictSince} document={document} />
        </>
      )}
      <p>
        <button type="button" data-action="onto" onClick={() => onOnto(number)}>
          {words.conflictOnto(number)}
        </button>
      </p>
    </>
  )
}
