// A room by its other name, and the way to ask for its real one.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useCan, useChange } from '../kit/data.ts'
import { Confirm } from '../kit/dialog.tsx'
import { Field } from '../kit/form.tsx'
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
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const reveal = useChange('privacy.reveal-room')
  return (
    <Confirm
      title={words.revealTitle}
      confirm={words.ask}
      busy={reveal.busy}
      refusal={missing ? 'bad-reason' : reveal.refusal}
      act={reveal.act}
      onConfirm={() => {
        setMissing(reason.trim() === '')
        if (reason.trim() !== '') void reveal.run({ room, reason })
      }}
      onClose={onClose}
    >
      <p>
        <code>{room}</code>
      </p>
      <p>{words.revealText}</p>
      <Field label={words.reason} hint={words.reasonHint} value={reason} onInput={setReason} name="reason" required />
    </Confirm>
  )
}
