// A page of the console: its heading takes the focus when the person came from another page, and its title is the window's.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'

interface PageProps {
  readonly title: string
  /** Small, above the title: where this page belongs, with a link back. */
  readonly above?: ComponentChildren
  /** Under the title: what this page is for, in a sentence. */
  readonly lead?: ComponentChildren
  /** Beside the title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

// The address whose heading was shown last: on arrival the focus stays where the browser puts it.
let shown: string | null = null

export function Page({ title, above, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const [path] = useLocation()
  // Before it is seen: whoever hears the heading hears the right window.
  useLayoutEffect(() => {
    document.title = `${title} · Palier`
  }, [title])
  useLayoutEffect(() => {
    if (shown !== null && shown !== path) {
      window.scrollTo(0, 0)
      heading.current?.focus({ preventScroll: true })
    }
    shown = path
  }, [path])
  return (
    <article class="page">
      {above !== undefined && <p class="page-above">{above}</p>}
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </div>
      {lead !== undefined && <p class="page-lead">{lead}</p>}
      {children}
    </article>
  )
}

/** A titled part of a page. */
export function Panel({
  title,
  actions,
  children,
}: {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) {
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </div>
      {children}
    </section>
  )
}

/** Terms and what they stand for. */
export function Facts({ of }: { readonly of: readonly (readonly [term: string, value: ComponentChildren])[] }) {
  return (
    <dl class="terms">
      {of.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
