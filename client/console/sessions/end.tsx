// Ending one thing: says what will end, asks why, and tells what came of it.
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange } from '../kit/data.ts'
import { catalogue } from './words.ts'

export interface ToEnd {
  readonly kind: 'device' | 'sign-in' | 'sid' | 'person'
  readonly id: string
  /** What it is called, as its page calls it. */
  readonly name: string
}

export function EndDialog({ what, onClose }: { readonly what: ToEnd; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const one = useChange('sessions.end', ['watch', 'alerts', 'people'])
  const all = useChange('sessions.end-person', ['watch', 'alerts', 'people'])
  const { kind, id } = what
  const [title, text] = {
    device: [words.endDevice, words.endDeviceText] as const,
    'sign-in': [words.endSignIn, words.endSignInText] as const,
    sid: [words.endSid, words.endSidText] as const,
    person: [words.endPerson, words.endPersonText] as const,
  }[kind]
  return (
    <ChangeDialog
      name="session-end"
      title={title}
      confirm={words.end}
      dangerous
      change={kind === 'person' ? all : one}
      why={words}
      run={(reason) => (kind === 'person' ? all.run({ person: id, reason }) : one.run({ kind, id, reason }))}
      said={({ devices }) => words.endedNow(devices)}
      onClose={onClose}
    >
      <p>
        <strong>
          <bdi>{what.name}</bdi>
        </strong>
      </p>
      <p>{text}</p>
    </ChangeDialog>
  )
}
