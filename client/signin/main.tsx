// /signin?transaction=…|return_to=… — one button does it; a name is asked only when the key does not know its owner.
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { post, reasonOf, type SigninContext } from '../shared/api.ts'
import { Refusal, Status, TapButton, Unusable, useTask } from '../shared/ceremony.tsx'
import { Field } from '../shared/field.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { askKey, keysWork } from '../shared/key.ts'
import { useLocale } from '../shared/locale.ts'
import { sentence } from '../shared/reasons.ts'
import { shared } from '../shared/words.ts'
import { catalogue } from './words.ts'

const query = new URLSearchParams(location.search)
const transaction = query.get('transaction')
const returnTo = query.get('return_to')
const target = {
  ...(transaction === null ? {} : { transaction }),
  ...(returnTo === null ? {} : { return_to: returnTo }),
}

type PassForm = ComponentType<Parameters<typeof import('./pass.tsx').default>[0]>

function Signin() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [context, setContext] = useState<SigninContext | null>(null)
  const [unusable, setUnusable] = useState<string | null>(null)
  // offered: after a tap that did nothing; asked: the person said so, and then the name is needed.
  const [named, setNamed] = useState<'no' | 'offered' | 'asked'>('no')
  const [username, setUsername] = useState('')
  const [missing, setMissing] = useState(false)
  const [done, setDone] = useState(false)
  const [isShared, setShared] = useState(false)
  const [Pass, setPass] = useState<PassForm | null>(null)
  const task = useTask()

  useEffect(() => {
    post('/api/signin/context', transaction === null ? {} : { transaction }).then(
      (answer) => {
        setContext(answer)
        if (answer.login_hint) {
          setUsername(answer.login_hint)
          setNamed('offered')
        }
      },
      (error) => setUnusable(reasonOf(error)),
    )
  }, [])

  const leave = (redirect: string) => {
    setDone(true)
    // Not a form: Chromium holds redirects after a form to form-action, and this one leaves for the client's address.
    location.assign(redirect)
  }

  const tap = async () => {
    const name = named === 'no' ? '' : username.trim().toLowerCase()
    if (named === 'asked' && name === '') {
      setMissing(true)
      document.getElementById('username')?.focus()
      return
    }
    setMissing(false)
    const ok = await task.run(async (step) => {
      const { ceremony, options } = await post('/api/signin/options', {
        ...(transaction === null ? {} : { transaction }),
        ...(name === '' ? {} : { username: name }),
      })
      step('touch')
      const response = await askKey(options)
      step('check')
      const kept = isShared ? { shared: true } : {}
      leave((await post('/api/signin/verify', { ceremony, response, ...target, ...kept })).redirect)
    })
    // A key without a passkey for this address, and one that was not touched, look the same to a page.
    if (!ok && named === 'no') setNamed('offered')
  }

  return (
    <Frame title={words.title}>
      <div class="sheet" aria-busy={context === null && unusable === null}>
        <Heading state={unusable === null ? 'ready' : 'unusable'}>{words.heading}</Heading>
        <Unusable reason={unusable} />
        {context === null && unusable === null && <p class="soft">{shared[locale].loading}</p>}
        {context !== null && (
          <>
            <p class="lead">{context.client_name === null ? words.forPalier : words.forClient(context.client_name)}</p>
            <Purpose context={context} />
            {Pass !== null && transaction !== null ? (
              <>
                <Pass transaction={transaction} shared={isShared} onDone={leave} onBack={() => setPass(null)} />
                {done && <p class="status">{words.opening}</p>}
              </>
            ) : keysWork() ? (
              <form
                noValidate
                onSubmit={(event) => {
                  event.preventDefault()
                  void tap()
                }}
              >
                {context.person && context.force_tap ? (
                  <p>{words.welcomeBack(context.person.display_name)}</p>
                ) : (
                  <p>{words.lead}</p>
                )}
                <Refusal reason={task.refusal}>{task.refusal === 'key-not-used' && <p>{words.tryName}</p>}</Refusal>
                {named !== 'no' && (
                  <Username
                    value={username}
                    asked={named === 'asked'}
                    missing={missing}
                    kept={!isShared}
                    onInput={setUsername}
                  />
                )}
                <p class="choice">
                  <input
                    id="shared"
                    type="checkbox"
                    aria-describedby={isShared ? 'shared-hint' : undefined}
                    checked={isShared}
                    onChange={(event) => setShared(event.currentTarget.checked)}
                  />
                  <label for="shared">{words.shared}</label>
                </p>
                {isShared && (
                  <p class="hint" id="shared-hint">
                    {words.sharedHint}
                  </p>
                )}
                <TapButton task={task}>{words.tap}</TapButton>
                <Status task={task} />
                {done && <p class="status">{words.opening}</p>}
                {named === 'no' && (
                  <p class="actions">
                    <button type="button" class="quiet" onClick={() => setNamed('asked')}>
                      {words.byName}
                    </button>
                  </p>
                )}
                {transaction !== null && context.purpose?.kind !== 'uia' && (
                  <p class="actions">
                    <button
                      type="button"
                      class="quiet"
                      data-action="pass"
                      onClick={() =>
                        void import('./pass.tsx').then(
                          (part) => {
                            setUnusable(null)
                            setPass(() => part.default)
                          },
                          () => setUnusable('offline'),
                        )
                      }
                    >
                      {words.byPass}
                    </button>
                  </p>
                )}
              </form>
            ) : (
              <div class="notice bad">
                <p>{sentence(locale, 'key-browser-unsupported')}</p>
              </div>
            )}
          </>
        )}
      </div>
    </Frame>
  )
}

/** What a user-interactive authentication is for: said before the tap, which serves that and nothing else. */
function Purpose({ context }: { readonly context: SigninContext }) {
  const words = catalogue[useLocale()]
  const purpose = context.purpose
  if (purpose?.kind !== 'uia') return null
  const known = Object.entries(words.actions).find(([action]) => action === purpose.action)
  return (
    <section class="notice warn" aria-labelledby="purpose">
      <h2 id="purpose" class="notice-title">
        {words.onlyThis}
      </h2>
      <p>
        <strong>{known?.[1] ?? words.actions.other}</strong>
      </p>
      {purpose.subject && (
        <p class="break">
          <bdi>{words.subject(purpose.subject)}</bdi>
        </p>
      )}
      {purpose.device && (
        <p class="break">
          <bdi>{words.device(purpose.device)}</bdi>
        </p>
      )}
      <p>{words.notYou}</p>
    </section>
  )
}

interface UsernameProps {
  readonly value: string
  readonly asked: boolean
  readonly missing: boolean
  /** Whether the browser may keep it. */
  readonly kept: boolean
  readonly onInput: (value: string) => void
}

function Username({ value, asked, missing, kept, onInput }: UsernameProps) {
  const words = catalogue[useLocale()]
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (asked) input.current?.focus()
  }, [asked])
  return (
    <Field
      name="username"
      label={words.username}
      hint={words.usernameHint}
      autocomplete={kept ? 'username' : 'off'}
      inputRef={input}
      value={value}
      wrong={missing ? words.usernameMissing : null}
      onInput={onInput}
    />
  )
}

start(<Signin />)
