// Keyboard shortcuts: `?` lists them, `/` goes to the search field, `g` and a letter to a page. One-letter shortcuts get in the way of
// speech input: they can be switched off (WCAG 2.1.4).
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { useLocale } from '../shared/locale.ts'
import { Dialog } from './kit/dialog.tsx'
import { Check } from './kit/form.tsx'
import type { ConsolePage } from './pages.ts'
import { catalogue } from './words.ts'

const STORED = 'palier_shortcuts'
/** Keys that are held while another is pressed: they are not an answer. */
const MODIFIERS: ReadonlySet<string> = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock'])
export interface Shortcuts {
  readonly shown: boolean
  show(): void
  hide(): void
}

/** Listens for the shortcuts while the console is open. */
export function useShortcuts(pages: readonly ConsolePage[]): Shortcuts {
  const [shown, setShown] = useState(false)
  const [, go] = useLocation()
  // The list may be made anew between the two keys: what was pressed must not be forgotten with it.
  const now = useRef({ pages, go })
  now.current = { pages, go }
  // Before the first paint: whoever sees the page may press a key.
  useLayoutEffect(() => {
    // After `g` the letter may come as late as it likes (WCAG 2.2.1); any other key, or a click, ends the waiting.
    let going = false
    const forget = () => {
      going = false
    }
    const listener = (event: KeyboardEvent) => {
      if (MODIFIERS.has(event.key)) return
      const asked = going
      forget()
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event.target) || document.querySelector('dialog[open]') !== null || !shortcutsOn()) return
      const page = asked ? now.current.pages.find(({ nav }) => nav?.key === event.key) : undefined
      if (page !== undefined) {
        event.preventDefault()
        now.current.go(page.path)
      } else if (event.key === 'g') going = true
      else if (event.key === '?') setShown(true)
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('main input[type="search"], header input[type="search"]')
        if (field === null) return
        event.preventDefault()
        field.focus()
      }
    }
    document.addEventListener('keydown', listener)
    document.addEventListener('pointerdown', forget)
    return () => {
      document.removeEventListener('keydown', listener)
      document.removeEventListener('pointerdown', forget)
    }
  }, [])
  return { shown, show: () => setShown(true), hide: () => setShown(false) }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

function shortcutsOn(): boolean {
  return localStorage.getItem(STORED) !== 'off'
}

export function ShortcutList({ pages, onClose }: { pages: readonly ConsolePage[]; onClose: () => void }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [on, setOn] = useState(shortcutsOn)
  return (
    <Dialog name="shortcuts" title={words.shortcuts} onClose={onClose}>
      <dl class="keys">
        <Shortcut keys={['?']} does={words.shortcutsHelp} />
        <Shortcut keys={['/']} does={words.shortcutSearch} />
        <Shortcut keys={['Esc']} does={words.shortcutClose} />
        {pages.map(
          ({ path, nav }) =>
            nav?.key !== undefined && (
              <Shortcut key={path} keys={['g', nav.key]} does={words.shortcutGo(nav.title[locale])} />
            ),
        )}
      </dl>
      <Check
        label={words.useShortcuts}
        checked={on}
        onChange={(wanted) => {
          localStorage.setItem(STORED, wanted ? 'on' : 'off')
          setOn(wanted)
        }}
      />
    </Dialog>
  )
}

function Shortcut({ keys, does }: { readonly keys: readonly string[]; readonly does: string }) {
  const words = catalogue[useLocale()]
  return (
    <div>
      <dt>
        {keys.map((key, index) => (
          <>
            {index > 0 && <span class="soft"> {words.after} </span>}
            <kbd key={key}>{key}</kbd>
          </>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  )
}
