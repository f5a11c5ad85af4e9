// The chain held against a head that was kept elsewhere, and the heads that were signed.
import { useState } from 'preact/hooks'
import { reasonOf } from '../../shared/api.ts'
import { number, useLocale } from '../../shared/locale.ts'
import { type Answer, read } from '../api.ts'
import { useRead } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Panel } from '../kit/page.tsx'
import { Empty, Failure, Loaded } from '../kit/states.tsx'
import { DataTable } from '../kit/table.tsx'
import { Copy, When } from '../kit/values.tsx'
import { catalogue } from './words.ts'

type Verdict = Answer<'audit.verify'>

export function Verify() {
  const words = catalogue[useLocale()]
  const [head, setHead] = useState('')
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const verify = async () => {
    if (busy) return
    setBusy(true)
    setRefusal(null)
    setVerdict(null)
    try {
      setVerdict(await read('audit.verify', head.trim() === '' ? {} : { head: head.trim() }))
    } catch (error) {
      setRefusal(reasonOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Panel title={words.verify}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void verify()
        }}
      >
        <p>{words.verifyText}</p>
        <Field label={words.head} value={head} onInput={setHead} rows={3} maxLength={4_096} required={false} />
        <p>
          <button type="submit" aria-disabled={busy} data-action="verify">
            {busy ? words.verifying : words.verifyNow}
          </button>
        </p>
      </form>
      <Failure reason={refusal} />
      {verdict !== null && <Outcome of={verdict} />}
    </Panel>
  )
}

function Outcome({ of }: { readonly of: Verdict }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const isWhole = of.fault === null && of.known !== false && of.missing === null
  return (
    <div class={isWhole ? 'notice' : 'notice bad'} role="status" data-whole={isWhole}>
      <p class="notice-title">{isWhole ? words.whole : words.broken}</p>
      {of.fault !== null && <p>{words.faults[of.fault.kind](number(locale, of.fault.sequence))}</p>}
      {of.fault === null && <p>{words.wholeText(number(locale, of.entries))}</p>}
      {of.known !== null && <p>{of.known ? words.knownYes : words.knownNo}</p>}
      {of.missing !== null && <p>{words.signedNo(number(locale, of.missing))}</p>}
      {of.missing === null && of.signed_heads > 0 && <p>{words.signedYes(number(locale, of.signed_heads))}</p>}
      {!isWhole && <p>{words.brokenNext}</p>}
    </div>
  )
}

export function Heads() {
  const locale = useLocale()
  const words = catalogue[locale]
  const heads = useRead('audit.heads', {})
  return (
    <Panel title={words.heads}>
      <p>{words.headsText}</p>
      <Loaded of={heads}>
        {({ items }) => (
          <DataTable
            caption={words.heads}
            rows={items}
            idOf={(head) => String(head.sequence)}
            columns={[
              { id: 'sequence', header: words.number, align: 'end', cell: (head) => number(locale, head.sequence) },
              { id: 'at', header: words.signedAt, cell: (head) => <When at={head.signed_at} /> },
              {
                id: 'head',
                header: words.signed,
                cell: (head) => (
                  <Copy text={head.head} label={words.copyHead(number(locale, head.sequence))}>
                    <code>{head.hash.slice(0, 16)}…</code>
                  </Copy>
                ),
              },
            ]}
            empty={<Empty title={words.headsEmpty} />}
          />
        )}
      </Loaded>
    </Panel>
  )
}
