// /me: everything that is kept of the person, as a file.
import { post } from '../shared/api.ts'
import { Refusal, useTask } from '../shared/ceremony.tsx'
import { useLocale } from '../shared/locale.ts'
import { catalogue } from './words.ts'

export function OwnData({ onTaken }: { readonly onTaken: (said: string) => void }) {
  const words = catalogue[useLocale()]
  const task = useTask()
  const take = () =>
    task.run(async () => {
      const kept = await post('/api/me/export', {})
      save(new Blob([JSON.stringify(kept, null, 2)], { type: 'application/json' }))
      onTaken(words.dataTaken)
    })
  return (
    <section class="sheet" aria-labelledby="own-data">
      <h2 id="own-data">{words.data}</h2>
      <p class="soft">{words.dataText}</p>
      <Refusal reason={task.refusal} />
      <button type="button" class="quiet" data-action="own-data" onClick={() => void take()}>
        {words.dataTake}
      </button>
    </section>
  )
}

function save(content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = 'palier.json'
  link.click()
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
