// Small things that are shown everywhere: an instant, a person, what can be copied.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { instant, useLocale } from '../../shared/locale.ts'
import { announce } from './states.tsx'
import { catalogue } from './words.ts'

/** An instant (ISO 8601) in the reader's language and time zone; null: never. */
export function When({ at }: { readonly at: string | null }) {
  const locale = useLocale()
  if (at === null) return <span class="soft">{catalogue[locale].never}</span>
  return <time dateTime={at}>{instant(locale, at)}</time>
}

/** A person, with a link to their page: by id, shown by their names. */
export function Person({
  id,
  username,
  name,
}: {
  readonly id: string | null
  readonly username: string
  readonly name?: string | null
}) {
  const shown = (
    <bdi>
      {name || username}
      {name && name !== username && <span class="soft"> {username}</span>}
    </bdi>
  )
  if (id === null) return shown
  return <Link href={`/people/${id}`}>{shown}</Link>
}

/** How things stand, in a word: `good` and `plain` are calm, `warn` and `bad` are not. */
export function Tag({
  kind = 'plain',
  children,
}: {
  readonly kind?: 'plain' | 'good' | 'warn' | 'bad'
  readonly children: ComponentChildren
}) {
  return <span class={`tag ${kind}`}>{children}</span>
}

/** Text that is copied with one press: an id, a link. */
export function Copy({ text, label, children }: { text: string; label?: string; children?: ComponentChildren }) {
  const words = catalogue[useLocale()]
  const [copied, setCopied] = useState(false)
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        announce(words.copied)
        setTimeout(() => setCopied(false), 2_000)
      },
      () => announce(words.copyFailed),
    )
  return (
    <span class="copy">
      {children ?? <code>{text}</code>}
      <button
        type="button"
        class="quiet small"
        data-action="copy"
        aria-label={label === undefined ? undefined : `${words.copy}, ${label}`}
        onClick={() => void copy()}
      >
        {copied ? words.copied : words.copy}
      </button>
    </span>
  )
}
