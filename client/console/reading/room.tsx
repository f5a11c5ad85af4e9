// A room by its other name, and the way to ask for its real one.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useCan, useChange } from '../kit/data.ts'
import { catalogue } from './words.ts'

/** Null: of no one room. */
export function Room({ room }: { readonly room: string | null }) {
  const words = catalogue[useLocale()]
  const mayReveal = useCan('privacy.reveal')
  const [asking, setAsking] = useState(false)
  if (room === null) return <span class="soft">{words.noRoom}</span>
  return (
    <>
      <code>{room}</code>
      {mayReveal && (
        <button
          type="button"
          class="quiet small no-print"
          data-action="reveal"
          aria-label={`${words.reveal}, ${room}`}
          onClick={() => setAsking(true)}
        >
          {words.reveal}
        </button>
      )}
      {asking && <Reveal room={room} onClose={() => setAsking(false)} />}
    </>
  )
}

function Reveal({ room, onClose }: { readonly room: string; readonly onClose: () => void }) {
  const words = catalogue[useLocale()]
  const reveal = useChange('privacy.reveal-room')
  return (
    <ChangeDialog
      name="room-reveal"
      title={words.revealTitle}
      confirm={words.ask}
      change={reveal}
      why={words}
      run={(reason) => reveal.run({ room, reason })}
      onClose={onClose}
    >
      <p>
        <code>{room}</code>
      </p>
      <p>{words.revealText}</p>
    </ChangeDialog>
  )
}
