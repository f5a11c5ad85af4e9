// /console/release — requests that two administrators must tap for; /console/release/<release> — one of them.
import { useEffect, useState } from 'preact/hooks'
import { post, type ReleaseContext, type ReleaseSummary, reasonOf } from '../shared/api.ts'
import { Unusable } from '../shared/ceremony.tsx'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { instant, number, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { Release } from './detail.tsx'
import { NewRelease } from './form.tsx'
import './reasons.ts'
import { catalogue } from './words.ts'

const release = location.pathname.split('/')[3] ?? ''

function Page() {
  const words = catalogue[useLocale()]
  return <Frame title={words.title}>{release === '' ? <All /> : <One />}</Frame>
}

/** Loads what a page shows; who is not signed in is sent to sign in and back. */
function useLoaded<Loaded>(load: () => Promise<Loaded>) {
  const [loaded, setLoaded] = useState<Loaded | null>(null)
  const [unusable, setUnusable] = useState<string | null>(null)
  const again = () =>
    void load().then(setLoaded, (error) => {
      const reason = reasonOf(error)
      if (reason === 'signin-required') location.replace(`/signin?return_to=${encodeURIComponent(location.pathname)}`)
      else setUnusable(reason)
    })
  useEffect(again, [])
  return { loaded, unusable, again }
}

function One() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { loaded, unusable, again } = useLoaded<ReleaseContext>(() => post('/api/releases/context', { release }))
  if (loaded !== null) return <Release context={loaded} onChanged={again} />
  return (
    <div class="sheet" data-state={unusable === null ? 'loading' : 'failed'} aria-busy={unusable === null}>
      <Heading state="loading">{words.title}</Heading>
      <Unusable reason={unusable} />
      {unusable === null && <p class="soft">{shared[locale].loading}</p>}
    </div>
  )
}

function All() {
  const locale = useLocale()
  const words = catalogue[locale]
  const { loaded, unusable } = useLoaded(() => post('/api/releases/list', {}))
  return (
    <>
      <div
        class="sheet"
        data-state={loaded === null ? 'loading' : 'list'}
        aria-busy={loaded === null && unusable === null}
      >
        <Heading state="list">{words.title}</Heading>
        <p class="lead">{words.lead}</p>
        <Unusable reason={unusable} />
        {loaded === null && unusable === null && <p class="soft">{shared[locale].loading}</p>}
        {loaded !== null && <List releases={loaded.releases} />}
        <div class="actions">
          <a class="button" href="/console">
            {words.back}
          </a>
        </div>
      </div>
      {loaded !== null && <NewRelease onMade={(made) => location.assign(`/console/release/${made}`)} />}
    </>
  )
}

function List({ releases }: { readonly releases: readonly ReleaseSummary[] }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <section aria-labelledby="releases">
      <h2 id="releases">{words.list}</h2>
      {releases.length === 0 && <p class="soft">{words.none}</p>}
      <ul class="items">
        {releases.map((one) => (
          <li key={one.id} data-release={one.id} data-release-state={one.state}>
            <h3>
              {words.typs[one.typ]}
              {one.subject !== null && (
                <>
                  {' · '}
                  <bdi>{one.subject}</bdi>
                </>
              )}
            </h3>
            <p>
              <span class="tag">{words.states[one.state]}</span>
            </p>
            <p>
              <bdi>{one.reason}</bdi>
            </p>
            <p class="soft small">
              <bdi>{words.asked(one.requested_by, instant(locale, one.created_at))}</bdi>
              {one.used !== null && one.max_events !== null && (
                <>
                  <br />
                  {words.usedOf(number(locale, one.used), number(locale, one.max_events))}
                </>
              )}
            </p>
            <p>
              <a class="button" href={`/console/release/${one.id}`} aria-label={`${words.open}: ${one.reason}`}>
                {words.open}
              </a>
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

start(<Page />)
