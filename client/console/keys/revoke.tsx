// Taking a key out of use: what ends with it is said before.
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useRead } from '../kit/data.ts'
import { catalogue } from './words.ts'

export function RevokeDialog({
  id,
  name,
  onClose,
}: {
  readonly id: string
  readonly name: string
  readonly onClose: () => void
}) {
  const words = catalogue[useLocale()]
  const shown = useRead('keys.show', { id }).data
  const revoke = useChange('keys.revoke', ['people', 'sessions'])
  return (
    <ChangeDialog
      name="key-revoke"
      title={words.revokeTitle(name)}
      confirm={words.revoke}
      dangerous
      change={revoke}
      why={words}
      run={(reason) => revoke.run({ id, reason })}
      said={words.revokedSaid}
      onClose={onClose}
    >
      {shown !== null && <p>{words.revokeText(shown.opened.sessions, shown.opened.devices)}</p>}
      {shown?.item.person.keys === 1 && <p class="notice warn">{words.revokeLast}</p>}
    </ChangeDialog>
  )
}
