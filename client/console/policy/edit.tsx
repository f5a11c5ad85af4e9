// /console/policy/edit — a policy is changed as a form or as text, compared, simulated, and applied.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link, useLocation, useSearch } from 'wouter-preact'
import { reasonOf } from '../../shared/api.ts'
import { useLocale } from '../../shared/locale.ts'
import { type Answer, ConsoleRefused, change } from '../api.ts'
import { useRead } from '../kit/data.ts'
import { Select } from '../kit/form.tsx'
import { Page, Panel } from '../kit/page.tsx'
import { announce, Failure, Loaded } from '../kit/states.tsx'
import { SHIPPED, type Written } from './document.ts'
import { fieldOf, type Mistake } from './faults.ts'
import { PolicyForm } from './form.tsx'
import { Mistakes } from './mistakes.tsx'
import { Review } from './review.tsx'
import { catalogue } from './words.ts'
import { Yaml } from './yaml.tsx'

type Shown = Answer<'policy.show'>
export type Checked = Answer<'policy.check'>

export default function Edit() {
  const words = catalogue[useLocale()]
  const policy = useRead('policy.show', {})
  const isBack = new URLSearchParams(useSearch()).get('from') === SHIPPED
  return (
    <Page title={words.editTitle} lead={words.editLead} above={<Link href="/policy">{words.back}</Link>}>
      {/* What it began with stays: a newer version shows as a conflict, and what was typed is kept. */}
      <Loaded of={policy}>{(shown) => (isBack ? <FromShipped now={shown} /> : <Editor start={shown} />)}</Loaded>
    </Page>
  )
}

/** `?from=shipped`: the editor begins with the policy that ships, based on the one in force. */
function FromShipped({ now }: { readonly now: Shown }) {
  const words = catalogue[useLocale()]
  const shipped = useRead('policy.version', { number: 0 })
  return (
    <Loaded of={shipped}>
      {({ document }) => (
        <>
          <p class="notice" data-from={SHIPPED}>
            {words.backToShippedText}
          </p>
          {/* The emergency level has a switch of its own. */}
          <Editor start={{ ...now, document: { ...document, emergency: now.document['emergency'] } }} />
        </>
      )}
    </Loaded>
  )
}

function Editor({ start }: { readonly start: Shown }) {
  const words = catalogue[useLocale()]
  const [, navigate] = useLocation()
  const [begun] = useState(start)
  const [basedOn, setBasedOn] = useState(start.number)
  const [how, setHow] = useState<'form' | 'yaml'>('form')
  const [document, setDocument] = useState(start.document as unknown as Written)
  const [yaml, setYaml] = useState(start.yaml)
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([])
  const [checked, setChecked] = useState<Checked | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLDivElement>(null)
  // The first field at fault is where to go on from; the text has its own way.
  useEffect(() => {
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    // What no field is about is told above them.
    const told = first ?? form.current?.querySelector<HTMLElement>('[data-mistakes]')
    told?.focus()
  }, [mistakes])
  const edited = () => {
    setChecked(null)
    setMistakes([])
    setRefusal(null)
  }

  /** Has the server read what is in the editor. Null when there are mistakes, which are then shown. */
  const check = async (): Promise<Checked | null> => {
    if (busy) return null
    setBusy(true)
    edited()
    try {
      const sent = how === 'form' ? { document: document as unknown as Record<string, unknown> } : { yaml }
      const outcome = await change('policy.check', sent)
      if (!outcome.done) return null
      setMistakes(outcome.answer.mistakes)
      return outcome.answer.mistakes.length === 0 ? outcome.answer : null
    } catch (error) {
      setRefusal(reasonOf(error))
      if (!(error instanceof ConsoleRefused)) setChecked(null)
      return null
    } finally {
      setBusy(false)
    }
  }
  const turn = async (next: 'form' | 'yaml') => {
    if (next === how) return
    const read = await check()
    if (read?.document == null || read.yaml === null) return
    setDocument(read.document as unknown as Written)
    setYaml(read.yaml)
    setHow(next)
  }
  const review = async (onto: number) => {
    setBasedOn(onto)
    setChecked(await check())
  }
  return (
    <>
      <Select
        label={words.how}
        name="how"
        value={how}
        options={[
          { value: 'form', label: words.asForm },
          { value: 'yaml', label: words.asYaml },
        ]}
        onChange={(next) => void turn(next)}
      />
      {how === 'form' ? (
        <div ref={form}>
          <Mistakes
            of={mistakes}
            document={document}
            onGo={(mistake) => fieldAt(form.current, mistake)?.focus()}
            hasPlace={(mistake) => fieldOf(mistake.path) !== null}
          />
          <PolicyForm
            document={document}
            groups={begun.groups}
            mistakes={mistakes}
            onChange={(next) => {
              setDocument(next)
              edited()
            }}
          />
        </div>
      ) : (
        <Yaml
          text={yaml}
          mistakes={mistakes}
          onInput={(next) => {
            setYaml(next)
            edited()
          }}
        />
      )}
      <Failure reason={refusal} />
      <Panel title={words.review}>
        <p class="soft">{words.reviewText}</p>
        <p>
          <button
            type="button"
            class={checked === null ? 'accent' : ''}
            data-action="review"
            aria-disabled={busy}
            onClick={() => void review(basedOn)}
          >
            {busy ? words.reviewing : words.review}
          </button>
        </p>
        {checked !== null && (
          <Review
            key={`${basedOn} ${checked.number}`}
            checked={checked}
            basedOn={basedOn}
            onOnto={(number) => void review(number)}
            onApplied={(number) => {
              announce(words.applied(number))
              navigate('/policy')
            }}
          />
        )}
      </Panel>
    </>
  )
}

/** The field of the form that a mistake is about, where it has one. */
function fieldAt(form: HTMLElement | null, { path }: Mistake): HTMLElement | null {
  const name = fieldOf(path)
  return name === null ? null : (form?.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`) ?? null)
}
