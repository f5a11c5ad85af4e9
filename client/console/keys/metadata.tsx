// /console/keys/metadata — which metadata is in force; a new file is checked, its effects are shown, and only those are applied.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { number, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { useCan, useChange, useRead } from '../kit/data.ts'
import { Field } from '../kit/form.tsx'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { announce, Empty, Failure, Loaded } from '../kit/states.tsx'
import { When } from '../kit/values.tsx'
import { Affected, Left } from './consequences.tsx'
import { catalogue } from './metadata-words.ts'

type Preview = Answer<'metadata.preview'>

const BLOB_MAX_BYTES = 16 * 1024 * 1024

export default function Metadata() {
  const words = catalogue[useLocale()]
  const shown = useRead('metadata.show', {})
  const mayChange = useCan('keys.policy')
  return (
    <Page title={words.metadata} lead={words.metadataLead} above={<Link href="/keys">{words.back}</Link>}>
      <Loaded of={shown}>{(data) => <InForce of={data} />}</Loaded>
      {mayChange && <Upload />}
    </Page>
  )
}

function InForce({ of: { imports, overdue, own_root } }: { readonly of: Answer<'metadata.show'> }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [latest, ...before] = imports
  if (latest === undefined)
    return (
      <Empty title={words.nothingYet}>
        <p>{words.nothingYetText}</p>
      </Empty>
    )
  return (
    <Panel title={words.inForce}>
      {overdue && <p class="notice warn">{words.overdue}</p>}
      <Facts
        of={[
          [words.number, number(locale, latest.number)],
          [words.models, <Link href="/keys/models">{number(locale, latest.models)}</Link>],
          [words.imported, <When at={latest.imported_at} />],
          [words.nextUpdate, <time dateTime={latest.next_update}>{latest.next_update}</time>],
        ]}
      />
      {own_root && <p class="soft">{words.ownRoot}</p>}
      {before.length > 0 && (
        <details>
          <summary>{words.history}</summary>
          <ul>
            {before.map((one) => (
              <li key={one.number}>
                {words.number} {number(locale, one.number)} · <When at={one.imported_at} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  )
}

function Upload() {
  const locale = useLocale()
  const words = catalogue[locale]
  const look = useChange('metadata.preview')
  const apply = useChange('metadata.apply', ['models', 'keys', 'people', 'sessions', 'alerts'])
  const [file, setFile] = useState<File | null>(null)
  const [preview, setPreview] = useState<Preview | null>(null)
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const isTooLarge = file !== null && file.size > BLOB_MAX_BYTES
  const missing = reason.trim() === ''

  const check = async () => {
    if (file === null || isTooLarge) return
    setPreview(null)
    apply.clear()
    const outcome = await look.run({ blob: await file.text() })
    if (outcome?.done) setPreview(outcome.answer)
  }
  const confirm = async (of: Preview) => {
    setChecked(true)
    if (missing) return
    const outcome = await apply.run({ hash: of.hash, shown: of.shown, reason })
    if (outcome === null || !outcome.done) return
    announce(words.applied(number(locale, outcome.answer.number), outcome.answer.cut_off))
    setPreview(null)
    setReason('')
    setChecked(false)
  }
  // What it would do changed while it was being looked at: the refusal carries what it would do now.
  const now = apply.refusal === 'not-as-shown' ? (apply.refused?.members['shown'] as Preview | undefined) : undefined
  const shown = now ?? preview
  return (
    <Panel title={words.upload}>
      <p>{words.uploadText}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void check()
        }}
      >
        <div class="field">
          <label for="blob">{words.file}</label>
          <input
            id="blob"
            name="blob"
            type="file"
            aria-invalid={isTooLarge}
            aria-describedby={isTooLarge ? 'blob-wrong' : undefined}
            onChange={(event) => {
              setFile(event.currentTarget.files?.[0] ?? null)
              setPreview(null)
              look.clear()
              apply.clear()
            }}
          />
          {isTooLarge && (
            <p class="wrong" id="blob-wrong">
              {words.tooLarge}
            </p>
          )}
        </div>
        <Failure reason={look.refusal} />
        <p>
          <button
            type="submit"
            class="accent"
            data-action="look"
            aria-disabled={look.busy || file === null || isTooLarge}
          >
            {look.busy ? words.looking : words.look}
          </button>
        </p>
      </form>
      {shown !== null && (
        <section aria-label={words.previewTitle(number(locale, shown.number))} data-preview={shown.number}>
          <h3>{words.previewTitle(number(locale, shown.number))}</h3>
          <p>
            {words.previewModels(
              number(locale, shown.models),
              number(locale, shown.added),
              number(locale, shown.removed),
            )}{' '}
            {words.previewAllowed(number(locale, shown.allowed))}{' '}
            {shown.unreadable > 0 && words.unreadable(number(locale, shown.unreadable))}
          </p>
          <Affected of={shown.cut_off} title={words.cutOffTitle} isGrave />
          <Left of={shown} />
          <Affected of={shown.uncertified} title={words.uncertifiedTitle} />
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault()
              void confirm(shown)
            }}
          >
            <Field
              label={words.reason}
              hint={words.reasonHint}
              name="reason"
              rows={2}
              required
              value={reason}
              wrong={checked && missing ? words.reasonMissing : null}
              onInput={setReason}
            />
            <p class="soft">{words.applyText}</p>
            <Failure reason={apply.refusal}>{now !== undefined && <p>{words.changedSince}</p>}</Failure>
            <p>
              <button
                type="submit"
                class={shown.cut_off.keys > 0 ? 'danger solid' : 'accent'}
                data-action="apply"
                aria-disabled={apply.busy}
              >
                {words.apply}
              </button>
            </p>
          </form>
        </section>
      )}
    </Panel>
  )
}
