// /console/receipts/:id — one receipt, checked.
import { Link, useParams } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { save } from '../api.ts'
import { useRead } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { Loaded } from '../kit/states.tsx'
import { Copy } from '../kit/values.tsx'
import { catalogue } from './words.ts'

export default function Receipt() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams<{ id: string }>()
  const receipt = useRead('receipts.show', { id })
  return (
    <Page title={words.receipt} above={<Link href="/receipts">{words.receipts}</Link>}>
      <Loaded of={receipt}>{(answer) => <Checked id={id} of={answer} />}</Loaded>
    </Page>
  )
}

function Checked({ id, of }: { readonly id: string; readonly of: Answer<'receipts.show'> }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const isGood = of.fault === null && of.sequence !== null
  return (
    <>
      <div class={isGood ? 'notice' : 'notice bad'} role="status" data-valid={isGood}>
        <p class="notice-title">{of.fault === null ? words.valid : words.invalid}</p>
        <p>{of.fault === null ? words.validText : words.invalidText(of.fault)}</p>
        <p>{of.sequence === null ? words.notInLog : words.inLog(number(locale, of.sequence))}</p>
      </div>
      <Facts of={[[words.digest, <Copy key="digest" text={of.digest} />]]} />
      <Panel title={words.intent}>
        <pre>{pretty((of.receipt as { readonly intent?: unknown } | null)?.intent)}</pre>
      </Panel>
      <p class="page-actions">
        <button
          type="button"
          data-action="download"
          onClick={() =>
            save(
              new Blob([JSON.stringify(of.receipt)], { type: 'application/json' }),
              `palier-receipt-${id.slice(0, 12)}.json`,
            )
          }
        >
          {words.download}
        </button>
      </p>
      <p class="soft small">{words.offline}</p>
    </>
  )
}

function pretty(intent: unknown): string {
  try {
    return JSON.stringify(JSON.parse(String(intent)), null, 2)
  } catch {
    return String(intent)
  }
}
