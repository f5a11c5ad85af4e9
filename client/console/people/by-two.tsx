// Taking people out of a group where that loosens something: it is said for whom, from what to what, and two administrators decide it.
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { effectsFrom, Loosens } from '../kit/loosens.tsx'
import { catalogue } from './words.ts'

/** A reason as a verb takes it: left out where none was asked for. */
export const given = (reason: string) => (reason === '' ? {} : { reason })

interface Props {
  readonly group: string
  readonly people: readonly string[]
  /** As the refusal without a reason shows it. */
  readonly loosens: unknown
  readonly onClose: () => void
}

export function TakeOutByTwo({ group, people, loosens, onClose }: Props) {
  const words = catalogue[useLocale()]
  const remove = useChange('groups.remove-members', ['people'])
  return (
    <ChangeDialog
      name="group-take-out"
      title={words.takeOut}
      confirm={words.takeOut}
      change={remove}
      why={words}
      run={(reason) => remove.run({ id: group, people: [...people], reason })}
      said={words.added}
      onClose={onClose}
    >
      <Loosens of={effectsFrom(loosens)} />
    </ChangeDialog>
  )
}
