// /enrol/<ticket> — set-up, a new person's keys, or one more key. Two are asked for, and the page says why.
import { useEffect, useRef, useState } from 'preact/hooks'
import './reasons.ts'
import { type EnrolContext, post, reasonOf } from '../shared/api.ts'
import { Refusal, Status, TapButton, Unusable, useTask } from '../shared/ceremony.tsx'
import { Field } from '../shared/field.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { instant, number, useLocale } from '../shared/locale.ts'
import { makeKey } from '../shared/new-key.ts'
import { Sign } from '../shared/sign.tsx'
import { shared } from '../shared/words.ts'
import { catalogue } from './words.ts'

const ticket = location.pathname.split('/')[2] ?? ''

type Step = { at: 'first' } | { at: 'second'; first: string } | { at: 'done'; keys: number }

function Enrol() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [context, setContext] = useState<EnrolContext | null>(null)
  const [unusable, setUnusable] = useState<string | null>(null)
  const [step, setStep] = useState<Step>({ at: 'first' })

  useEffect(() => {
    post('/api/enrol/context', { ticket }).then(setContext, (error) => setUnusable(reasonOf(error)))
  }, [])

  // The link was opened once more, where it did its work.
  const again = context?.kind === 'second'
  const enrolled = (name: string, keys: number) => {
    const more = step.at === 'first' && context?.kind !== 'self' && context?.kind !== 'second' && keys < 2
    setStep(more ? { at: 'second', first: name } : { at: 'done', keys })
  }

  return (
    <Frame title={words.title}>
      <div class="sheet" aria-busy={context === null && unusable === null}>
        {context !== null && context.kind !== 'self' && context.awaits_proof !== true && (
          <Steps at={again && step.at === 'first' ? 'second' : step.at} />
        )}
        {step.at === 'done' && <Sign kind="done" />}
        <Heading state={unusable === null ? step.at : 'unusable'}>{heading(words, context, step)}</Heading>
        <Unusable reason={unusable} />
        {context === null && unusable === null && <p class="soft">{shared[locale].loading}</p>}
        {context !== null && step.at === 'done' && <Done keys={step.keys} atDesk={context.kind === 'desk'} />}
        {context?.awaits_proof === true && <Proof />}
        {context !== null && context.awaits_proof !== true && step.at !== 'done' && (
          <>
            <p class="lead">
              {step.at === 'second'
                ? words.secondLead(step.first)
                : context.kind === 'setup'
                  ? words.setupLead
                  : context.kind === 'enrol'
                    ? words.enrolLead
                    : context.kind === 'desk'
                      ? words.deskLead
                      : again
                        ? words.againLead
                        : words.selfLead}
            </p>
            {again && (
              <p>
                <a href="/me">{words.againSignIn}</a>
              </p>
            )}
            <KeyForm
              key={step.at}
              context={context}
              second={step.at === 'second' || again}
              onEnrolled={enrolled}
              onLater={() => setStep({ at: 'done', keys: 1 })}
            />
            {context.kind !== 'self' && (
              <section class="notice" aria-labelledby="why">
                <h2 id="why" class="notice-title">
                  {words.whyHeading}
                </h2>
                <p>{words.why}</p>
              </section>
            )}
            <p class="soft small">
              {words.policy[context.policy]}{' '}
              {context.platform_allowed === true && context.policy !== 'any' && `${words.builtIn} `}
              {step.at === 'first' && words.expires(instant(locale, context.expires_at), context.uses_left)}
            </p>
          </>
        )}
      </div>
    </Frame>
  )
}

function heading(words: (typeof catalogue)['fr'], context: EnrolContext | null, step: Step): string {
  if (context?.awaits_proof === true) return words.proofHeading
  if (step.at === 'second') return words.secondHeading
  if (step.at === 'done') return words.doneHeading
  if (context?.kind === 'setup') return words.setupHeading
  if ((context?.kind === 'enrol' || context?.kind === 'desk') && context.person)
    return words.enrolHeading(context.person.display_name)
  if (context?.kind === 'second') return words.againHeading
  return context?.kind === 'self' ? words.selfHeading : words.title
}

/** Sends the person to where they say who they are; what came back refused is said when they return. */
function Proof() {
  const words = catalogue[useLocale()]
  const task = useTask()
  const [refused] = useState(() => new URLSearchParams(location.search).get('refused'))
  const go = () =>
    task.run(async () => {
      const { redirect } = await post('/api/enrol/proof', { ticket })
      location.assign(redirect)
    })
  return (
    <>
      <p class="lead">{words.proofLead}</p>
      <Refusal reason={task.refusal ?? refused} />
      <button
        type="button"
        class="primary"
        data-action="prove"
        aria-disabled={task.progress !== 'idle'}
        onClick={() => void go()}
      >
        {words.proofGo}
      </button>
    </>
  )
}

function Steps({ at }: { readonly at: Step['at'] }) {
  const words = catalogue[useLocale()]
  const now = ['first', 'second', 'done'].indexOf(at)
  return (
    <ol class="steps" aria-label={words.stepsLabel}>
      {words.steps.map((name, index) => (
        <li
          key={name}
          class={index < now ? 'done' : index === now ? 'now' : ''}
          aria-current={index === now ? 'step' : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  )
}

interface KeyFormProps {
  readonly context: EnrolContext
  readonly second: boolean
  readonly onEnrolled: (name: string, keys: number) => void
  readonly onLater: () => void
}

function KeyForm({ context, second, onEnrolled, onLater }: KeyFormProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const asksWho = context.kind === 'setup' && !second
  const [username, setUsername] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [keyName, setKeyName] = useState(words.defaultNames[second ? 1 : context.kind === 'self' ? 2 : 0])
  const [checked, setChecked] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const task = useTask()
  const wrong = {
    username: asksWho && !/^(?![0-9]+$)[a-z0-9.=\-/+][a-z0-9._=\-/+]*$/.test(username) ? words.usernameWrong : null,
    displayName: asksWho && displayName.trim() === '' ? words.displayNameWrong : null,
    keyName: keyName.trim() === '' ? words.keyNameWrong : null,
  }

  const submit = async () => {
    setChecked(true)
    const first = wrong.username ? 'username' : wrong.displayName ? 'display_name' : wrong.keyName ? 'key_name' : null
    if (first !== null) {
      form.current?.querySelector<HTMLInputElement>(`#${first}`)?.focus()
      return
    }
    await task.run(async (step) => {
      const who = asksWho ? { username, display_name: displayName.trim() } : {}
      const { ceremony, options } = await post('/api/enrol/options', { ticket, ...who })
      step('touch')
      const response = await makeKey(options)
      step('check')
      const answer = await post('/api/enrol/verify', { ticket, ceremony, response, name: keyName.trim(), ...who })
      onEnrolled(answer.credential.name, answer.keys)
    })
  }

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {asksWho && (
        <>
          <Field
            name="username"
            label={words.username}
            hint={words.usernameHint}
            autocomplete="username"
            maxLength={64}
            value={username}
            wrong={checked ? wrong.username : null}
            onInput={(value) => setUsername(value.toLowerCase())}
          />
          <Field
            name="display_name"
            label={words.displayName}
            hint={words.displayNameHint}
            autocomplete="name"
            value={displayName}
            wrong={checked ? wrong.displayName : null}
            onInput={setDisplayName}
          />
        </>
      )}
      <Field
        name="key_name"
        label={words.keyName}
        hint={words.keyNameHint}
        maxLength={60}
        value={keyName}
        wrong={checked ? wrong.keyName : null}
        onInput={setKeyName}
      />
      <Refusal reason={task.refusal} />
      <TapButton task={task}>{second ? words.tapSecond : words.tapFirst}</TapButton>
      <Status task={task} />
      {second && (
        <p class="actions">
          <button type="button" class="quiet" data-action="later" onClick={onLater}>
            {words.later}
          </button>
        </p>
      )}
    </form>
  )
}

function Done({ keys, atDesk }: { readonly keys: number; readonly atDesk: boolean }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <>
      <p class="lead">{keys > 1 ? words.doneTwo(number(locale, keys)) : words.doneOne}</p>
      {keys < 2 && (
        <div class="notice warn">
          <p class="notice-title">{words.warnOne}</p>
          <p>{words.warnOneText}</p>
        </div>
      )}
      {atDesk ? (
        <>
          <p>{words.deskDone}</p>
          <a class="button" href="/console">
            {words.toConsole}
          </a>
        </>
      ) : (
        <a class="button primary" href="/me">
          {words.toAccount}
        </a>
      )}
    </>
  )
}

start(<Enrol />)
