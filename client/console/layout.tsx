// The console's frame: navigation, who is here, the page, and one live region.
import type { ComponentChildren, ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { post } from '../shared/api.ts'
import { Logo } from '../shared/frame.tsx'
import { switchLocale, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import type { Answer } from './api.ts'
import { Status } from './kit/states.tsx'
import { type ConsolePage, GROUPS } from './pages.ts'
import { ShortcutList, useShortcuts } from './shortcuts.tsx'
import { catalogue } from './words.ts'

interface LayoutProps {
  readonly me: Answer<'me.show'>
  /** Those that the person's role gives. */
  readonly pages: readonly ConsolePage[]
  readonly children: ComponentChildren
}

export function Layout({ me, pages, children }: LayoutProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const other = locale === 'fr' ? 'en' : 'fr'
  const shortcuts = useShortcuts(pages)
  const [open, setOpen] = useState(false)
  const [path] = useLocation()
  const menu = useRef<HTMLButtonElement>(null)
  useEffect(() => setOpen(false), [path])
  return (
    <div class="console">
      <a class="skip" href="#main">
        {shared[locale].skip}
      </a>
      <header class="bar">
        <Link class="brand" href="/">
          <Logo />
          Palier
        </Link>
        <button
          ref={menu}
          type="button"
          class="quiet menu-button"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          {words.menu}
        </button>
        {path !== '/people' && pages.some((page) => page.path === '/people') && <FindPerson />}
        <div class="bar-end">
          <span class="who">
            <bdi>{me.username}</bdi> <span class="soft">{words.roles[me.role]}</span>
          </span>
          <button
            type="button"
            class="quiet"
            aria-haspopup="dialog"
            aria-label={words.shortcuts}
            title={words.shortcuts}
            data-action="shortcuts"
            onClick={shortcuts.show}
          >
            ?
          </button>
          <button
            type="button"
            class="quiet"
            lang={other}
            title={shared[locale].otherLanguageLabel}
            onClick={() => switchLocale(other)}
          >
            {shared[locale].otherLanguage}
          </button>
        </div>
      </header>
      <nav
        id="navigation"
        class={open ? 'side open' : 'side'}
        aria-label={words.navigation}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !open) return
          setOpen(false)
          menu.current?.focus()
        }}
      >
        {GROUPS.map((group) => {
          const inside = pages.filter(({ nav }) => nav?.group === group)
          if (inside.length === 0) return null
          return (
            // A group, no landmark: the navigation around it is one.
            // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
            <div key={group} role="group" aria-label={words.groups[group] || undefined}>
              {words.groups[group] !== '' && <h2>{words.groups[group]}</h2>}
              <ul>
                {inside.map((page) => (
                  <li key={page.path}>
                    <Link href={page.path} aria-current={isAt(path, page.path) ? 'page' : undefined}>
                      {page.nav?.title[locale]}
                      {page.nav?.badge !== undefined && <Badge load={page.nav.badge} />}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          )
        })}
        <section class="side-end">
          <ul>
            <li>
              <a href="/me">{words.myAccount}</a>
            </li>
            <li>
              <button type="button" class="quiet" data-action="sign-out" onClick={() => void signOut()}>
                {words.signOut}
              </button>
            </li>
          </ul>
        </section>
      </nav>
      <main id="main" tabIndex={-1}>
        <Offline />
        {children}
      </main>
      <Status />
      {shortcuts.shown && <ShortcutList pages={pages} onClose={shortcuts.hide} />}
    </div>
  )
}

/** From every page: the list of people, searched. */
function FindPerson() {
  const words = catalogue[useLocale()]
  const [, go] = useLocation()
  const [text, setText] = useState('')
  return (
    <search class="find">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() === '') return
          go(`/people?q=${encodeURIComponent(text.trim())}`)
          setText('')
        }}
      >
        <input
          type="search"
          name="find"
          aria-label={words.search}
          placeholder={words.search}
          maxLength={200}
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  )
}

function isAt(path: string, page: string): boolean {
  return page === '/' ? path === '/' : path === page || path.startsWith(`${page}/`)
}

async function signOut(): Promise<void> {
  await post('/api/signout', {}).catch(() => undefined)
  location.assign('/signin?return_to=%2Fconsole')
}

function Badge({ load }: { readonly load: () => Promise<{ readonly default: ComponentType }> }) {
  const [Drawn, setDrawn] = useState<ComponentType | null>(null)
  useEffect(() => {
    load().then(
      (module) => setDrawn(() => module.default),
      () => undefined,
    )
  }, [load])
  return Drawn === null ? null : <Drawn />
}

/** Says that there is no connection, while the browser knows it. */
function Offline() {
  const words = catalogue[useLocale()]
  const [offline, setOffline] = useState(!navigator.onLine)
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine)
    window.addEventListener('online', look)
    window.addEventListener('offline', look)
    return () => {
      window.removeEventListener('online', look)
      window.removeEventListener('offline', look)
    }
  }, [])
  return (
    <div role="status" class="offline-place">
      {offline && <p class="offline">{words.offline}</p>}
    </div>
  )
}
