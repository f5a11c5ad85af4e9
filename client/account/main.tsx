// /me — the companion page: what waits for a decision, live; my keys, my devices, my decisions, what counts today.

import { useEffect, useState } from 'preact/hooks'
import { deedInWords } from '../shared/amounts.ts'
import { type MeContext, type PendingPrompt, post, reasonOf } from '../shared/api.ts'
import { Refusal } from '../shared/ceremony.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { instant, number, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { OwnData } from './data.tsx'
import { Keys } from './keys.tsx'
import { Language } from './language.tsx'
import { notify, useLive, useNotifications } from './live.ts'
import { Approvals, Devices, Meters } from './sections.tsx'
import { Services } from './services.tsx'
import { catalogue } from './words.ts'

function Account() {
  const locale = useLocale()
  const words = catalogue[locale]
  const [me, setMe] = useState<MeContext | null>(null)
  const [unusable, setUnusable] = useState<string | null>(null)
  const [said, setSaid] = useState('')
  const [signedOut, setSignedOut] = useState(false)

  const load = () =>
    post('/api/me/context', {}).then(setMe, (error) => {
      const reason = reasonOf(error)
      if (reason === 'signin-required') location.replace('/signin?return_to=%2Fme')
      else setUnusable(reason)
    })
  useEffect(() => void load(), [])
  // Of a page that is shown already: whoever was signed out elsewhere signs in again; anything else passes.
  const goneOn = () =>
    post('/api/me/context', {}).then(setMe, (error) => {
      if (reasonOf(error) === 'signin-required') location.replace('/signin?return_to=%2Fme')
    })

  const { prompts, connected } = useLive(
    me !== null && !signedOut,
    (prompt) => {
      setSaid(words.newPrompt)
      notify(words.notifyTitle, prompt.approval_uri)
      void load()
    },
    () => void goneOn(),
  )

  const signOut = () =>
    post('/api/signout', {}).then(
      () => location.assign('/signin?return_to=%2Fme'),
      (error) => setUnusable(reasonOf(error)),
    )

  return (
    <Frame
      title={words.title}
      wide={me !== null}
      actions={
        me !== null && (
          <button type="button" class="quiet" data-action="sign-out" onClick={() => void signOut()}>
            {words.signOut}
          </button>
        )
      }
    >
      <p class="visually-hidden" role="status">
        {said}
      </p>
      {unusable !== null && (
        <div class="sheet">
          <Heading state="unusable">{words.title}</Heading>
          <Refusal reason={unusable}>
            <a class="button" href="/me">
              {shared[locale].retry}
            </a>
          </Refusal>
        </div>
      )}
      {unusable === null && me === null && (
        <div class="sheet" aria-busy="true">
          <Heading state="loading">{words.title}</Heading>
          <p class="soft">{shared[locale].loading}</p>
        </div>
      )}
      {unusable === null && me !== null && (
        <>
          <div class="row spread">
            <Heading state="ready">
              <bdi>{words.heading(me.person.display_name)}</bdi>
            </Heading>
            {me.console_uri !== null && (
              <a class="button quiet" href={me.console_uri}>
                {words.console}
              </a>
            )}
          </div>
          <Prompts prompts={prompts} connected={connected} />
          <div class="grid">
            <Devices
              devices={me.devices}
              onEnded={(name) => {
                setSaid(words.ended(name))
                void load()
              }}
            />
            <Keys
              keys={me.keys}
              revoked={me.revoked_keys}
              username={me.person.username}
              onSignedOut={() => setSignedOut(true)}
              onChanged={(text) => {
                setSaid(text)
                void load()
              }}
            />
            <Approvals approvals={me.approvals} />
            <Meters meters={me.meters} />
            <Services />
            <OwnData onTaken={setSaid} />
            <Language onChosen={setSaid} />
          </div>
        </>
      )}
    </Frame>
  )
}

function Prompts({ prompts, connected }: { prompts: readonly PendingPrompt[] | null; connected: boolean }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const waiting = prompts ?? []
  return (
    <section class={waiting.length > 0 ? 'sheet prompt' : 'sheet'} aria-labelledby="prompts">
      <div class="row spread">
        <h2 id="prompts">{words.prompts}</h2>
        <span class={connected ? 'tag' : 'tag warn'} role="status">
          {connected ? words.live : words.paused}
        </span>
      </div>
      {waiting.length === 0 && <p class="soft">{prompts === null ? shared[locale].loading : words.noPrompts}</p>}
      {waiting.length > 0 && (
        <ul class="items">
          {waiting.map((prompt) => (
            <li key={prompt.approval_uri} class="row spread">
              <div>
                <h3>
                  <bdi class="break">{words.promptHeading(prompt.device)}</bdi>
                </h3>
                <p>
                  {words.promptText(
                    deedInWords(locale, prompt),
                    words.rooms(prompt.rooms_total, number(locale, prompt.rooms_total)),
                  )}
                </p>
                <p class="soft small">{words.askedAt(instant(locale, prompt.created_at))}</p>
              </div>
              <a class="button accent" href={prompt.approval_uri} data-action="look">
                {words.look}
              </a>
            </li>
          ))}
        </ul>
      )}
      <Notifications />
    </section>
  )
}

function Notifications() {
  const words = catalogue[useLocale()]
  const { permission, ask } = useNotifications()
  if (permission === 'unsupported') return null
  if (permission === 'default') {
    return (
      <p>
        <button type="button" class="quiet" onClick={ask}>
          {words.notify}
        </button>
      </p>
    )
  }
  return <p class="soft small">{permission === 'granted' ? words.notifyOn : words.notifyOff}</p>
}

start(<Account />)
