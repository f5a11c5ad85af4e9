// One request: the stored intent and nothing else, and what this administrator may do about it.
import type { ComponentChildren } from 'preact'
import { post, type ReleaseContext, reasonOf } from '../shared/api.ts'
import { Refusal, Status, TapButton, useTask } from '../shared/ceremony.tsx'
import { Confirm } from '../shared/confirm.tsx'
import { Heading } from '../shared/frame.tsx'
import { askKey } from '../shared/key.ts'
import { duration, instant, number, useLocale } from '../shared/locale.ts'
import { sentence } from '../shared/reasons.ts'
import { Sign } from '../shared/sign.tsx'
import { catalogue } from './words.ts'

/** As much of an intent as is shown in words; the text itself is shown whole below. */
type Intent =
  | {
      readonly typ: 'export-release'
      readonly subject: { readonly username: string; readonly user_id: string }
      readonly device: { readonly id: string; readonly name: string | null; readonly client: string }
      readonly network: string | null
      readonly rooms: readonly string[]
      readonly dates: { readonly from: number; readonly until: number }
      readonly max_events: number
      readonly lives_seconds: number
      readonly reason: string
    }
  | { readonly typ: 'enforcement-off'; readonly lives_seconds: number; readonly reason: string }

interface Props {
  readonly context: ReleaseContext
  readonly onChanged: () => void
}

export function Release({ context, onChanged }: Props) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const { id: release, intent } = context
  const tap = () =>
    task.run(async (step) => {
      const { ceremony, options } = await post('/api/releases/options', { release, intent })
      step('touch')
      const response = await askKey(options)
      step('check')
      await post('/api/releases/verify', { release, intent, ceremony, response })
      onChanged()
    })
  const end = (verb: 'deny' | 'withdraw') =>
    task.run(async () => {
      try {
        await post(`/api/releases/${verb}`, { release })
      } catch (error) {
        if (reasonOf(error) === 'already-decided') onChanged()
        throw error
      }
      onChanged()
    })
  return (
    <div class="sheet" data-state={context.state} data-tap={context.you.tap ?? 'none'}>
      <Said context={context} />
      <Facts context={context} />
      <Refusal reason={task.refusal} />
      {context.you.tap !== null && (
        <>
          <TapButton task={task} onTap={() => void tap()}>
            {context.you.tap === 'first' ? words.first : words.second}
          </TapButton>
          <Status task={task} />
        </>
      )}
      <div class="actions row spread">
        {context.you.tap === 'second' && (
          <button type="button" data-action="deny" onClick={() => void end('deny')}>
            {words.deny}
          </button>
        )}
        {context.can_withdraw && (
          <Confirm
            label={words.withdraw}
            question={words.withdrawQuestion}
            confirm={words.withdrawConfirm}
            action="withdraw"
            onConfirm={() => void end('withdraw')}
          >
            <p>{words.withdrawText}</p>
          </Confirm>
        )}
        {context.second !== null && (
          <a class="button" href={`/api/releases/receipt?release=${release}`} data-action="receipt">
            {words.receipt}
          </a>
        )}
      </div>
      <div class="actions">
        <a class="button" href="/console/release">
          {words.all}
        </a>
      </div>
    </div>
  )
}

function Said({ context }: { readonly context: ReleaseContext }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { state, you } = context
  if (state === 'granted' || state === 'over')
    return (
      <>
        <Sign kind="done" />
        <Heading state={state}>{words.grantedHeading}</Heading>
        {context.granted_until !== null && (
          <p class="lead">{words.grantedLead(instant(locale, context.granted_until))}</p>
        )}
      </>
    )
  if (state !== 'requested' && state !== 'awaiting-second')
    return (
      <>
        <Sign kind="stopped" />
        <Heading state={state}>{words.endedHeading}</Heading>
        <p class="lead">{words.states[state]}</p>
      </>
    )
  if (you.tap === 'second')
    return (
      <>
        <Heading state="second">
          <bdi>{words.secondHeading(context.first ?? context.requested_by)}</bdi>
        </Heading>
        <p class="lead">{words.secondLead}</p>
      </>
    )
  if (you.tap === 'first') return <Heading state="first">{words.firstHeading}</Heading>
  return (
    <>
      <Sign kind="waiting" />
      <Heading state="waiting">{words.waitHeading}</Heading>
      {you.why === 'subject-person' ? (
        <p class="lead" data-why={you.why}>
          {sentence(locale, you.why)}
        </p>
      ) : (
        <>
          <p class="lead" data-why={you.why}>
            {words.waitLead}
          </p>
          <div class="field">
            <label for="link">{words.link}</label>
            <input id="link" readOnly value={location.href} onFocus={(event) => event.currentTarget.select()} />
          </div>
        </>
      )}
    </>
  )
}

function Facts({ context }: { readonly context: ReleaseContext }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const intent = JSON.parse(context.intent) as Intent
  const day = (seconds: number) =>
    new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' }).format(
      seconds * 1000,
    )
  return (
    <dl class="facts">
      <Fact term={words.facts.what}>
        <p class="strong">{words.typs[intent.typ]}</p>
        {intent.typ === 'enforcement-off' && <p>{words.off}</p>}
      </Fact>
      {intent.typ === 'export-release' && (
        <>
          <Fact term={words.facts.who}>
            <p class="strong">
              <bdi>{intent.subject.username}</bdi>
            </p>
            <code class="id">{intent.subject.user_id}</code>
          </Fact>
          <Fact term={words.facts.device}>
            <p>
              <bdi>{intent.device.name ?? intent.device.id}</bdi>
            </p>
            <p class="soft small">
              <code>{intent.device.id}</code> · <bdi>{intent.device.client}</bdi>
            </p>
          </Fact>
          <Fact term={words.facts.network}>
            <p>{intent.network === null ? words.anyNetworkSaid : words.networkSaid(intent.network)}</p>
          </Fact>
          <Fact term={words.facts.rooms}>
            <ul class="rooms">
              {intent.rooms.map((room) => (
                <li key={room}>
                  <code class="id">{room}</code>
                </li>
              ))}
            </ul>
          </Fact>
          <Fact term={words.facts.dates}>
            <p>{words.datesSaid(day(intent.dates.from), day(intent.dates.until - 1))}</p>
          </Fact>
          <Fact term={words.facts.count}>
            <p class="strong">{words.most(number(locale, intent.max_events))}</p>
            {context.used !== null && (
              <p>{words.usedOf(number(locale, context.used), number(locale, intent.max_events))}</p>
            )}
          </Fact>
        </>
      )}
      <Fact term={words.facts.lives}>
        <p>{words.livesSaid(duration(locale, intent.lives_seconds))}</p>
      </Fact>
      <Fact term={words.facts.reason}>
        <p>
          <bdi>{intent.reason}</bdi>
        </p>
      </Fact>
      <Fact term={words.facts.requested}>
        <p>
          <bdi>{context.requested_by}</bdi>, {instant(locale, context.created_at)}
        </p>
      </Fact>
      <Fact term={words.facts.taps}>
        <p>
          <bdi>{words.tapBy(context.first, context.second)}</bdi>
        </p>
      </Fact>
      <Fact term={words.facts.until}>
        <p>{instant(locale, context.expires_at)}</p>
      </Fact>
      <Fact term={words.facts.text}>
        <details>
          <summary>{words.facts.exact}</summary>
          <code class="break" data-intent>
            {context.intent}
          </code>
        </details>
      </Fact>
    </dl>
  )
}

function Fact({ term, children }: { readonly term: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
