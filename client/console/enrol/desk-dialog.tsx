// A dialog that hands this browser to the person who is there.
import { useLocale } from '../../shared/locale.ts'
import { useChange } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { catalogue } from './words.ts'

interface DeskProps {
  readonly person: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

export function DeskDialog({ person, onClose }: DeskProps) {
  const words = catalogue[useLocale()]
  const desk = useChange('enrolment.desk')
  const open = async () => {
    const outcome = await desk.run({ person: person.id })
    if (outcome?.done === true) location.assign(outcome.answer.url)
  }
  return (
    <Confirm
      title={words.deskTitle}
      confirm={words.deskGo}
      busy={desk.busy}
      refusal={desk.refusal}
      onConfirm={() => void open()}
      onClose={onClose}
    >
      <p>{words.deskLead}</p>
    </Confirm>
  )
}
