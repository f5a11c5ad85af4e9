// Asks for the tap that a change needs, in place: what was typed stays, and the change is made once the key was touched.
import { useEffect, useState } from 'preact/hooks'
import { post, Refused } from '../../shared/api.ts'
import { Refusal, Status, TapButton, useTask } from '../../shared/ceremony.tsx'
import { askKey } from '../../shared/key.ts'
import { useLocale } from '../../shared/locale.ts'
import { onTapNeeded, type TapNeed, tapEnded } from '../tap.ts'
import { Dialog } from './dialog.tsx'
import { catalogue } from './words.ts'

export function TapDialog({ username }: { readonly username: string }) {
  const [need, setNeed] = useState<TapNeed | null>(null)
  useEffect(() => {
    onTapNeeded(setNeed)
    return () => onTapNeeded(null)
  }, [])
  return need === null ? null : <Tap need={need} username={username} />
}

function Tap({ need, username }: { readonly need: TapNeed; readonly username: string }) {
  const words = catalogue[useLocale()]
  const task = useTask()
  const tap = async () => {
    const tapped = await task.run(async (step) => {
      const { ceremony, options } = await post('/api/signin/options', { username })
      step('touch')
      const response = await askKey(options)
      step('check')
      await post('/api/signin/verify', { ceremony, response })
      // Another person's key starts another session: the page then belongs to them, from the start.
      const { person } = await post('/api/signin/context', {})
      if (person?.username !== username) {
        location.reload()
        throw new Refused('other-person')
      }
    })
    if (tapped) tapEnded(true)
  }
  return (
    <Dialog name="tap" title={words.tapTitle[need]} onClose={() => tapEnded(false)}>
      <p>{words.tapText[need]}</p>
      <Refusal reason={task.refusal} />
      <TapButton task={task} onTap={() => void tap()}>
        {words.tap}
      </TapButton>
      <Status task={task} />
    </Dialog>
  )
}
