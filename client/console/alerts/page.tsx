// /console/alerts — what is to be handled, and what was.
import { useState } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { useList } from '../kit/data.ts'
import { Filters, Select } from '../kit/form.tsx'
import { Page } from '../kit/page.tsx'
import { Empty } from '../kit/states.tsx'
import { AlertTable } from './table.tsx'
import { catalogue } from './words.ts'

type State = 'open' | 'handled' | 'all'
/** An alert may be raised while somebody looks. */
const EVERY_MS = 10_000

export default function Alerts() {
  const words = catalogue[useLocale()]
  const [state, setState] = useState<State>('open')
  const [kind, setKind] = useState('')
  const list = useList('alerts.list', { state, ...(kind !== '' && { kind }) }, { everyMs: EVERY_MS })
  return (
    <Page title={words.title} lead={words.lead}>
      <Filters>
        <Select
          label={words.kind}
          name="kind"
          value={kind}
          options={[
            { value: '', label: words.anyKind },
            ...Object.entries(words.kinds).map(([value, label]) => ({ value, label })),
          ]}
          onChange={setKind}
        />
        <Select
          label={words.state}
          name="state"
          value={state}
          options={(['open', 'handled', 'all'] as const).map((value) => ({ value, label: words.states[value] }))}
          onChange={setState}
        />
      </Filters>
      <AlertTable
        list={list}
        empty={
          <Empty title={state === 'open' && kind === '' ? words.empty : words.emptyHandled}>
            <p>{words.emptyText}</p>
            {state === 'open' && (
              <p>
                <button type="button" onClick={() => setState('handled')}>
                  {words.showHandled}
                </button>
              </p>
            )}
          </Empty>
        }
      />
    </Page>
  )
}
