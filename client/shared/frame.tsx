// The frame of every page: header with the language switch, one main landmark, footer; and how a page is started.
import { type ComponentChildren, render, type VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import './theme.css'
import { switchLocale, useLocale } from './locale.ts'
import { shared } from './words.ts'

/** Draws a page into the shell that the server sent. */
export function start(page: VNode): void {
  const root = document.getElementById('app')
  if (root) render(page, root)
}

interface FrameProps {
  /** The title of the window, without the product's name. */
  readonly title: string
  readonly wide?: boolean
  /** In the header, beside the language switch. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

export function Frame({ title, wide = false, actions, children }: FrameProps) {
  const locale = useLocale()
  const words = shared[locale]
  const other = locale === 'fr' ? 'en' : 'fr'
  useEffect(() => {
    document.title = `${title} · Palier`
  }, [title])
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <header class="top">
        <span class="brand">
          <Logo />
          Palier
        </span>
        <span class="top-actions">
          {actions}
          <button
            type="button"
            class="quiet"
            lang={other}
            title={words.otherLanguageLabel}
            onClick={() => switchLocale(other)}
          >
            {words.otherLanguage}
          </button>
        </span>
      </header>
      <main id="main" tabIndex={-1} class={wide ? 'wide' : ''}>
        {children}
      </main>
      <footer>{words.footer}</footer>
    </>
  )
}

/** A landing between two flights of stairs. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M3 28.5h4v-5h4v-5" />
      <path d="M21 18.5v-5h4v-5h4" />
      <path class="landing" d="M11 18.5h10" />
    </svg>
  )
}

// Which state the heading last spoke for; pages draw one heading at a time.
let spoken: string | null = null

/** The page's heading. It takes the focus when the page changes its state, so that the change is read out; not on arrival. */
export function Heading({ state, children }: { readonly state: string; readonly children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    if (spoken !== null && spoken !== 'loading' && spoken !== state) heading.current?.focus()
    spoken = state
  }, [state])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}
