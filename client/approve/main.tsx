// /approve/<approval> — what a device asks to read, and the tap that releases exactly that. Nothing is shown before sign-in.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { deedInWords } from '../shared/amounts.ts'
import { type ApprovalContext, post, reasonOf } from '../shared/api.ts'
import { Refusal, Status, TapButton, useTask } from '../shared/ceremony.tsx'
import { Confirm } from '../shared/confirm.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { askKey } from '../shared/key.ts'
import { instant, useLocale } from '../shared/locale.ts'
import { sentence } from '../shared/reasons.ts'
import { Sign } from '../shared/sign.tsx'
import { shared } from '../shared/words.ts'
import { Intent } from './intent.tsx'
import './reasons.ts'
import { catalogue } from './words.ts'

const approval = location.pathname.split('/')[2] ?? ''
const signin = `/signin?return_to=${encodeURIComponent(`/approve/${approval}`)}`

type View =
  | { at: 'loading' | 'signin' | 'denied' | 'expired' | 'other' }
  | { at: 'pending'; context: ApprovalContext }
  | { at: 'approved'; released: { deed: string; expires_at: string } | null }
  | { at: 'ended'; device: boolean; by: 'not-me' | 'denials' }
  | { at: 'failed'; reason: string }

function Approve() {
  const words = catalogue[useLocale()]
  const [view, setView] = useState<View>({ at: 'loading' })

  const load = () => {
    setView({ at: 'loading' })
    post('/api/approvals/context', { approval }).then(
      (context) => setView(viewOf(context)),
      (error) => setView(viewOfRefusal(reasonOf(error))),
    )
  }
  useEffect(load, [])

  // It may expire while somebody thinks about it.
  const expiresAt = view.at === 'pending' ? view.context.expires_at : null
  useEffect(() => {
    if (expiresAt === null) return
    const timer = setTimeout(
      () => setView({ at: 'expired' }),
      Math.min(Math.max(Date.parse(expiresAt) - Date.now(), 0), 2 ** 31 - 1),
    )
    return () => clearTimeout(timer)
  }, [expiresAt])

  return (
    <Frame title={words.title}>
      <div class="sheet" data-state={view.at} aria-busy={view.at === 'loading'}>
        <Body view={view} onView={setView} onRetry={load} />
      </div>
    </Frame>
  )
}

function viewOf(context: ApprovalContext): View {
  if (context.state === 'pending') return { at: 'pending', context }
  return context.state === 'approved' ? { at: 'approved', released: null } : { at: context.state }
}

function viewOfRefusal(reason: string): View {
  if (reason === 'signin-required') return { at: 'signin' }
  if (reason === 'other-person') return { at: 'other' }
  if (reason === 'approval-expired') return { at: 'expired' }
  return { at: 'failed', reason }
}

interface BodyProps {
  readonly view: View
  readonly onView: (view: View) => void
  readonly onRetry: () => void
}

function Body({ view, onView, onRetry }: BodyProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  switch (view.at) {
    case 'loading':
      return <Said heading={words.title} state={view.at} text={shared[locale].loading} />
    case 'signin':
      return (
        <Said heading={words.signinHeading} state={view.at} text={words.signinLead}>
          <a class="button primary" href={signin} data-action="signin">
            {words.signin}
          </a>
          <NotMe onView={onView} />
        </Said>
      )
    case 'pending':
      return <Pending context={view.context} onView={onView} onReload={onRetry} />
    case 'approved':
      return (
        <Said
          heading={words.approvedHeading}
          state={view.at}
          sign="done"
          text={
            view.released === null
              ? words.approvedBefore
              : words.approvedText(view.released.deed, instant(locale, view.released.expires_at))
          }
        >
          <p>{words.backToClient}</p>
          <Account />
        </Said>
      )
    case 'denied':
      return (
        <Said heading={words.deniedHeading} state={view.at} sign="stopped" text={words.deniedText}>
          <Account />
        </Said>
      )
    case 'ended':
      return (
        <Said
          heading={view.device ? words.endedHeading : words.deniedHeading}
          state={view.at}
          sign="stopped"
          text={view.by === 'denials' ? words.endedByDenials : view.device ? words.endedText : words.endedNot}
        >
          <Account />
        </Said>
      )
    case 'expired':
      return <Said heading={words.expiredHeading} state={view.at} sign="waiting" text={words.expiredText} />
    case 'other':
      return (
        <Said heading={words.otherHeading} state={view.at} sign="stopped" text={words.otherText}>
          <a class="button" href={signin}>
            {shared[locale].signIn}
          </a>
        </Said>
      )
    case 'failed':
      return (
        <Said
          heading={view.reason === 'offline' ? words.offlineHeading : words.errorHeading}
          state={view.at}
          sign="stopped"
          text={sentence(locale, view.reason)}
        >
          <button type="button" onClick={onRetry}>
            {shared[locale].retry}
          </button>
        </Said>
      )
  }
}

interface SaidProps {
  readonly heading: string
  readonly state: View['at']
  readonly text: string
  readonly sign?: 'done' | 'stopped' | 'waiting'
  readonly children?: ComponentChildren
}

function Said({ heading, state, text, sign, children }: SaidProps) {
  return (
    <>
      {sign !== undefined && <Sign kind={sign} />}
      <Heading state={state}>{heading}</Heading>
      <p class="lead">{text}</p>
      {children}
    </>
  )
}

function Account() {
  const words = shared[useLocale()]
  return (
    <p>
      <a class="button" href="/me">
        {words.myAccount}
      </a>
    </p>
  )
}

interface PendingProps {
  readonly context: ApprovalContext
  readonly onView: (view: View) => void
  readonly onReload: () => void
}

function Pending({ context, onView, onReload }: PendingProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const task = useTask()
  const deed = deedInWords(locale, context)

  /** What another page or the clock changed meanwhile is shown; anything else is said beside the button. */
  const attempt = (work: Parameters<typeof task.run>[0]) =>
    task.run(async (step) => {
      try {
        await work(step)
      } catch (error) {
        const reason = reasonOf(error)
        const next = viewOfRefusal(reason)
        if (reason === 'already-decided') onReload()
        else if (next.at !== 'failed') onView(next)
        throw error
      }
    })
  const tap = () =>
    attempt(async (step) => {
      const { ceremony, options } = await post('/api/approvals/options', { approval })
      step('touch')
      const response = await askKey(options)
      step('check')
      const { expires_at } = await post('/api/approvals/verify', { approval, ceremony, response })
      onView({ at: 'approved', released: { deed, expires_at } })
    })
  const deny = () =>
    attempt(async () => {
      const { device_ended } = await post('/api/approvals/deny', { approval })
      onView(device_ended ? { at: 'ended', device: true, by: 'denials' } : { at: 'denied' })
    })

  return (
    <>
      <Heading state="pending">{words.heading}</Heading>
      <p class="lead">
        <bdi>{words.greeting(context.person.display_name, deed)}</bdi>
      </p>
      <Intent context={context} />
      <Refusal reason={task.refusal} />
      <TapButton task={task} onTap={() => void tap()}>
        {words.tap}
      </TapButton>
      <Status task={task} />
      <div class="actions row spread">
        <button type="button" data-action="deny" onClick={() => void deny()}>
          {words.deny}
        </button>
        <NotMe onView={onView} />
      </div>
      <p class="soft small under">{words.threeDenials}</p>
    </>
  )
}

/** Needs only the link, signed in or not: it can do no harm but to the device that asks. */
function NotMe({ onView }: { readonly onView: (view: View) => void }) {
  const words = catalogue[useLocale()]
  const task = useTask()
  const notMe = () =>
    task.run(async () => {
      const { device_ended } = await post('/api/approvals/not-me', { approval })
      onView({ at: 'ended', device: device_ended, by: 'not-me' })
    })
  return (
    <div class="not-me">
      <Confirm
        label={words.notMe}
        question={words.notMeQuestion}
        confirm={words.notMeConfirm}
        action="not-me"
        onConfirm={() => void notMe()}
      >
        <p>{words.notMeText}</p>
      </Confirm>
      <Refusal reason={task.refusal} />
    </div>
  )
}

start(<Approve />)
