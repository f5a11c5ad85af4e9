// The console as one app: who is here, the frame, and the page that the address names.
import { QueryClientProvider } from '@tanstack/preact-query'
import type { ComponentType } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Route, Router, Switch } from 'wouter-preact'
import { Frame as PlainFrame } from '../shared/frame.tsx'
import { useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import type { Answer } from './api.ts'
import { newQueries, useRead } from './kit/data.ts'
import { Page } from './kit/page.tsx'
import { Failure, Loading } from './kit/states.tsx'
import { TapDialog } from './kit/tap-dialog.tsx'
import { Layout } from './layout.tsx'
import { type ConsolePage, PAGES } from './pages.ts'
import { catalogue } from './words.ts'

export function App() {
  const queries = useMemo(newQueries, [])
  return (
    <QueryClientProvider client={queries}>
      <Router base="/console">
        <Door />
      </Router>
    </QueryClientProvider>
  )
}

/** Who is here. Somebody who is not signed in goes to sign in, and comes back to the same address. */
function Door() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { data: me, refusal, again } = useRead('me.show', {})
  useEffect(() => {
    if (refusal !== 'signin-required' || me !== null) return
    location.replace(`/signin?return_to=${encodeURIComponent(location.pathname + location.search)}`)
  }, [refusal, me])
  if (me !== null) return <Inside me={me} />
  return (
    <PlainFrame title={words.title}>
      <div class="sheet" aria-busy={refusal === null}>
        <h1>{words.title}</h1>
        {(refusal === null || refusal === 'signin-required') && <p class="soft">{shared[locale].loading}</p>}
        {refusal === 'administrators-only' && <p class="lead">{words.forAdministrators}</p>}
        {refusal !== null && refusal !== 'administrators-only' && refusal !== 'signin-required' && (
          <Failure reason={refusal} again={again} />
        )}
        <p>
          <a class="button" href="/me">
            {words.myAccount}
          </a>
        </p>
      </div>
    </PlainFrame>
  )
}

function Inside({ me }: { readonly me: Answer<'me.show'> }) {
  const allowed = PAGES.filter(({ permission }) => me.permissions.includes(permission))
  return (
    <>
      <Layout me={me} pages={allowed}>
        <Switch>
          {PAGES.map((page) => (
            <Route key={page.path} path={page.path}>
              {allowed.includes(page) ? <Lazy key={page.path} page={page} /> : <NotAllowed />}
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Layout>
      <TapDialog username={me.username} />
    </>
  )
}

// What was loaded stays: a page opened again is drawn at once.
const loaded = new Map<ConsolePage, ComponentType>()

function Lazy({ page }: { readonly page: ConsolePage }) {
  const words = catalogue[useLocale()]
  const [failed, setFailed] = useState(false)
  const [, setLoaded] = useState(0)
  useEffect(() => {
    if (loaded.has(page)) return
    page.load().then(
      (module) => {
        loaded.set(page, module.default)
        setLoaded((count) => count + 1)
      },
      () => setFailed(true),
    )
  }, [page])
  const Loaded = loaded.get(page)
  if (Loaded !== undefined) return <Loaded />
  if (!failed) return <Loading />
  return (
    <Page title={words.brokenTitle}>
      <p>{words.brokenText}</p>
      <p>
        <button type="button" data-action="reload" onClick={() => location.reload()}>
          {words.reload}
        </button>
      </p>
    </Page>
  )
}

function NotFound() {
  const words = catalogue[useLocale()]
  return (
    <Page title={words.notFound}>
      <p>{words.notFoundText}</p>
      <HomeLink />
    </Page>
  )
}

function NotAllowed() {
  const words = catalogue[useLocale()]
  return (
    <Page title={words.notAllowed}>
      <p>{words.notAllowedText}</p>
      <HomeLink />
    </Page>
  )
}

function HomeLink() {
  const words = catalogue[useLocale()]
  return (
    <p>
      <a class="button" href="/console">
        {words.home}
      </a>
    </p>
  )
}
