// A dialog that hands this browser to the person who is there.
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { catalogue } from './words.ts'

interface DeskProps {
  readonly person: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

export function DeskDialog({ person, onClose }: DeskProps) {
  const words = catalogue[useLocale()]
  const desk = useChange('enrolment.desk')
  return (
    <ChangeDialog
      name="key-desk"
      title={words.deskTitle}
      confirm={words.deskGo}
      change={desk}
      run={() => desk.run({ person: person.id })}
      next={({ url }) => location.assign(url)}
      onClose={onClose}
    >
      <p>{words.deskLead}</p>
    </ChangeDialog>
  )
}
