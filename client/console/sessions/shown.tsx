// How a session is named and how it stands, wherever one is listed.
import { Link } from 'wouter-preact'
import { clientWords } from '../../shared/client-words.ts'
import { type Locale, useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { Tag } from '../kit/values.tsx'
import '../watch/watch.css'
import { catalogue } from './words.ts'

export type Session = Answer<'sessions.search'>['items'][number]

/** What it is called, in words: the device's name, its Matrix id, or what signed in. */
export function nameOf({ kind, name, device_id, client }: Session, locale: Locale): string {
  if (kind === 'sign-in') return clientWords(client) ?? catalogue[locale].signIn
  return name ?? device_id ?? catalogue[locale].noName
}

export function hrefOf({ kind, id }: Pick<Session, 'kind' | 'id'>): string {
  return `/sessions/${kind}/${id}`
}

/** Its name, with a link to its page, and the client's own words under it. */
export function SessionName({ of }: { readonly of: Session }) {
  const locale = useLocale()
  const client = clientWords(of.client) ?? of.client
  return (
    <>
      <Link href={hrefOf(of)}>
        <bdi>{nameOf(of, locale)}</bdi>
      </Link>
      {of.kind === 'device' && (
        <span class="soft below">
          <bdi>{client}</bdi>
        </span>
      )}
    </>
  )
}

export function isLive({ ended_at, expires_at }: Pick<Session, 'ended_at' | 'expires_at'>): boolean {
  return ended_at === null && Date.parse(expires_at) > Date.now()
}

/** Open, out of time, or ended and why. */
export function Standing({ of }: { readonly of: Session }) {
  const words = catalogue[useLocale()]
  if (isLive(of)) return <Tag kind="good">{words.live}</Tag>
  if (of.ended_at === null) return <Tag>{words.expired}</Tag>
  const why = of.ended_reason === null ? null : (words.endedReasons[of.ended_reason] ?? of.ended_reason)
  return (
    <>
      <Tag>{words.ended}</Tag> {why !== null && <span class="soft">{why}</span>}
    </>
  )
}
