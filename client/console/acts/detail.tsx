// /console/acts/:id — one act: what would be done and why, who signed, and what the reader may do about it.
import { useEffect, useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { Status, TapButton, useTask } from '../../shared/ceremony.tsx'
import { askKey } from '../../shared/key.ts'
import { useLocale } from '../../shared/locale.ts'
import { sentence } from '../../shared/reasons.ts'
import { type Answer, addressOf, change, type Input } from '../api.ts'
import { ChangeDialog } from '../kit/change-dialog.tsx'
import { useChange, useRead, useRefresh } from '../kit/data.ts'
import { Facts, Page, Panel } from '../kit/page.tsx'
import { announce, Failure, Loaded } from '../kit/states.tsx'
import { Person, When } from '../kit/values.tsx'
import { ActInput } from './input.tsx'
import { StateTag } from './state.tsx'
import { VERB_WORDS } from './verb-words.ts'
import { catalogue } from './words.ts'

type Act = Answer<'acts.show'>
type Asked = Parameters<typeof askKey>[0]

/** What waits or runs changes while one looks. */
const EVERY_MS = 5_000

export default function ActPage() {
  const words = catalogue[useLocale()]
  const { id = '' } = useParams<{ id: string }>()
  const act = useRead('acts.show', { act: id }, { everyMs: EVERY_MS })
  if (act.data !== null && act.data.id === id) return <Shown act={act.data} />
  return (
    <Page title={words.title} above={<Link href="/acts">{words.back}</Link>}>
      <Loaded of={{ ...act, data: null }}>{() => null}</Loaded>
    </Page>
  )
}

function Shown({ act }: { readonly act: Act }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const verb = VERB_WORDS[act.verb]
  const title = verb?.title[locale] ?? words.unknownVerb(act.verb)
  return (
    <Page title={title} above={<Link href="/acts">{words.back}</Link>} lead={verb?.text?.[locale]}>
      <div data-state={act.state} data-tap={act.you.tap ?? 'none'}>
        <Ended act={act} />
        <Panel title={words.input}>
          <Facts
            of={[
              [words.stateName, <StateTag key="state" state={act.state} />],
              [words.reason, <bdi key="reason">{act.reason}</bdi>],
              [
                words.askedBy,
                <Person
                  key="by"
                  id={act.asked_by.id}
                  username={act.asked_by.username}
                  name={act.asked_by.display_name}
                />,
              ],
              [words.askedAt, <When key="at" at={act.created_at} />],
              [words.first, <Signer key="first" of={act.first} />],
              [
                words.second,
                act.not_before === null ? (
                  <Signer key="second" of={act.second} />
                ) : (
                  <span key="second">{words.alone}</span>
                ),
              ],
              ...(act.not_before !== null && act.ended_at === null
                ? [[words.delayedAt, <When key="delayed" at={act.not_before} />] as const]
                : []),
              ...(act.state === 'requested' || act.state === 'awaiting-second'
                ? [[words.expires, <When key="expires" at={act.expires_at} />] as const]
                : []),
              ...(act.ended_at === null ? [] : [[words.ended, <When key="ended" at={act.ended_at} />] as const]),
            ]}
          />
          <ActInput verb={act.verb} input={act.input} open={act.ended_at === null} />
          <details>
            <summary>{words.exact}</summary>
            <p class="soft">{words.exactText}</p>
            <pre class="wrapped">{act.intent}</pre>
          </details>
        </Panel>
        <Deciding act={act} />
      </div>
    </Page>
  )
}

function Signer({ of }: { readonly of: Act['first'] }) {
  const words = catalogue[useLocale()]
  if (of === null) return <span class="soft">{words.notYet}</span>
  return (
    <>
      <Person id={of.id} username={of.username} name={of.display_name} />, <When at={of.at} />
    </>
  )
}

/** How it ended, or what it waits for. */
function Ended({ act }: { readonly act: Act }) {
  const locale = useLocale()
  const words = catalogue[locale]
  switch (act.state) {
    case 'done':
      return (
        <div class="notice good" role="status">
          <p class="notice-title">{words.doneTitle}</p>
          <p>{words.doneText}</p>
          {act.answer !== null && Object.keys(act.answer).length > 0 && (
            <details>
              <summary>{words.answer}</summary>
              <pre>{JSON.stringify(act.answer, null, 2)}</pre>
            </details>
          )}
        </div>
      )
    case 'failed':
      return (
        <div class="notice bad" role="status" data-reason={act.failure ?? ''}>
          <p class="notice-title">{words.failedTitle}</p>
          <p>{sentence(locale, act.failure ?? 'unexpected')}</p>
        </div>
      )
    case 'denied':
    case 'withdrawn':
    case 'expired':
      return (
        <div class="notice" role="status">
          <p class="notice-title">{words.overTitle[act.state]}</p>
          <p>{words.overText}</p>
        </div>
      )
    case 'delayed':
      return (
        <div class="notice warn" role="status">
          <p class="notice-title">{words.delayedTitle}</p>
          <p>{words.delayedText}</p>
        </div>
      )
    case 'granted':
    case 'running':
      return (
        <div class="notice" role="status">
          <p class="notice-title">{words.runningTitle}</p>
          <p>{words.runningText}</p>
        </div>
      )
    default:
      return null
  }
}

function Deciding({ act }: { readonly act: Act }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const refresh = useRefresh()
  const task = useTask()
  const [asking, setAsking] = useState<'deny' | 'withdraw' | null>(null)
  useEffect(() => setAsking(null), [act.state])
  const sign = () =>
    task.run(async (step) => {
      const { id, intent } = act
      const begun = await change('acts.options', { act: id, intent })
      if (!begun.done) return
      step('touch')
      const response = await askKey(begun.answer.options as unknown as Asked)
      step('check')
      const input: Input<'acts.verify'> = { act: id, intent, ceremony: begun.answer.ceremony, response }
      await change('acts.verify', input)
      announce(words.saidSigned)
    })
  const signed = async () => {
    await sign()
    // Whatever came of it: what it changed, and where the act stands.
    refresh('acts', act.verb.split('.')[0] ?? '')
  }
  const { tap, why } = act.you
  const isOpen = act.state === 'requested' || act.state === 'awaiting-second'
  return (
    <>
      {isOpen && (
        <Panel title={words.signing}>
          {tap !== null && <p>{tap === 'first' ? words.signFirst : words.signSecond}</p>}
          {tap === null && why !== null && <p>{sentence(locale, why)}</p>}
          <Failure reason={task.refusal} />
          {tap !== null && (
            <>
              <TapButton task={task} onTap={() => void signed()}>
                {words.sign}
              </TapButton>
              <Status task={task} />
            </>
          )}
        </Panel>
      )}
      <p class="page-actions">
        {tap === 'second' && (
          <button type="button" data-action="deny" onClick={() => setAsking('deny')}>
            {words.deny}
          </button>
        )}
        {act.you.can_withdraw && (
          <button type="button" data-action="withdraw" onClick={() => setAsking('withdraw')}>
            {words.withdraw}
          </button>
        )}
        {act.has_receipt && (
          <a class="button" href={addressOf('acts.receipt', { act: act.id })} data-action="receipt">
            {words.receipt}
          </a>
        )}
      </p>
      {asking !== null && <End act={act.id} how={asking} onClose={() => setAsking(null)} />}
    </>
  )
}

function End({ act, how, onClose }: { act: string; how: 'deny' | 'withdraw'; onClose: () => void }) {
  const words = catalogue[useLocale()]
  const deny = useChange('acts.deny')
  const withdraw = useChange('acts.withdraw')
  const ending = how === 'deny' ? deny : withdraw
  return (
    <ChangeDialog
      name="act-end"
      title={how === 'deny' ? words.denyTitle : words.withdrawTitle}
      confirm={how === 'deny' ? words.deny : words.withdraw}
      change={ending}
      run={() => ending.run({ act })}
      onClose={onClose}
    >
      <p>{how === 'deny' ? words.denyText : words.withdrawText}</p>
    </ChangeDialog>
  )
}
