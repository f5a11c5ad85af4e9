// /console/posted — the list of keys that go out by post: checked, then awaited.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useChange } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { announce, Failure } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { catalogue } from './words.ts'

type Imported = Answer<'expected.import'>

export default function Posted() {
  const locale = useLocale()
  const words = catalogue[locale]
  const take = useChange('expected.import')
  const [csv, setCsv] = useState('')
  const [result, setResult] = useState<{ readonly of: Imported; readonly isDryRun: boolean } | null>(null)
  const run = async (isDryRun: boolean) => {
    setResult(null)
    const outcome = await take.run({ csv, dry_run: isDryRun })
    if (outcome?.done !== true) return
    setResult({ of: outcome.answer, isDryRun })
    if (outcome.answer.faults.length > 0) announce(words.faults)
    else if (isDryRun) announce(words.checked(number(locale, outcome.answer.lines)))
    else {
      announce(words.applied(number(locale, outcome.answer.added)))
      setCsv('')
    }
  }
  return (
    <Page title={words.postedTitle} lead={words.postedLead}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void run(true)
        }}
      >
        <Field label={words.csv} name="csv" rows={10} value={csv} onInput={setCsv} maxLength={400_000} required />
        <Failure reason={take.refusal} />
        <p class="page-actions">
          <button type="submit" data-action="check" aria-disabled={take.busy}>
            {words.check}
          </button>
          <button
            type="button"
            class="accent"
            data-action="apply"
            aria-disabled={take.busy}
            onClick={() => void run(false)}
          >
            {words.apply}
          </button>
        </p>
      </form>
      {result !== null && <Result {...result} />}
    </Page>
  )
}

function Result({ of, isDryRun }: { readonly of: Imported; readonly isDryRun: boolean }) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (of.faults.length === 0) {
    const said = isDryRun ? words.checked(number(locale, of.lines)) : words.applied(number(locale, of.added))
    return <p data-result>{said}</p>
  }
  return (
    <>
      <h2>{words.faults}</h2>
      <DataTable
        caption={words.faults}
        rows={of.faults}
        idOf={({ line }) => String(line)}
        empty={null}
        columns={[
          { id: 'line', header: words.line, cell: ({ line }) => number(locale, line) },
          { id: 'fault', header: words.fault, cell: ({ reason }) => words.faultOf[reason] },
          { id: 'content', header: words.content, cell: ({ text }) => <code class="break">{text}</code> },
        ]}
      />
    </>
  )
}
