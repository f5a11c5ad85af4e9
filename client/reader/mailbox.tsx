// Signed in: what arrives, the rooms, and the one being read.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Heading } from '../shared/frame.tsx'
import { number, useLocale } from '../shared/locale.ts'
import { pause } from './earlier.ts'
import { type MatrixClient, MatrixRefusal, type MessagesAnswer, type Session } from './matrix.ts'
import { RoomList } from './rooms.tsx'
import { type Mail, savedMail, saveMail, scrolled, synced } from './store.ts'
import { RoomView } from './timeline.tsx'
import { catalogue } from './words.ts'

export interface MailboxProps {
  readonly matrix: MatrixClient
  readonly session: Session
  readonly companionUrl: string
  /** What stands behind the gateway, in a sentence. */
  readonly about: string
  readonly onEnded: (refusal: MatrixRefusal) => void
}

export function Mailbox(props: MailboxProps) {
  const { matrix, session, onEnded } = props
  const locale = useLocale()
  const words = catalogue[locale]
  const { mail, change, connected } = useMail(matrix, session, onEnded)
  const [open, setOpen] = useState<string | null>(null)
  const room = open === null ? undefined : mail.rooms.get(open)
  const ready = mail.since !== null

  return (
    <div class={room === undefined ? '' : 'reading-room'}>
      <div class="row spread reader-head">
        <div>
          <Heading state="in">{words.title}</Heading>
          <p class="soft small break">
            <span class="tag warn">{words.label}</span> <bdi>{words.asWho(session.user_id)}</bdi>
          </p>
        </div>
        <dl class="counters" aria-label={words.counters}>
          <Counter term={words.received} name="received" count={mail.received} />
          <Counter term={words.scrolled} name="scrolled" count={mail.scrolled} />
        </dl>
      </div>
      <p class="soft small about">{props.about}</p>
      <p class="status-line small" role="status" data-connected={connected}>
        {!connected ? words.lost : ready ? words.live : words.opening}
      </p>
      {ready && (
        <div class={room === undefined ? 'reader' : 'reader reading'} data-state="in">
          <RoomList mail={mail} open={open} onOpen={setOpen} />
          {room === undefined ? (
            <section class="sheet room empty">
              <p class="soft">{words.choose}</p>
            </section>
          ) : (
            <RoomView
              key={room.id}
              matrix={matrix}
              session={session}
              companionUrl={props.companionUrl}
              room={room}
              onPage={(answer: MessagesAnswer) => change((known) => scrolled(known, room.id, answer))}
              onEnded={onEnded}
              onBack={() => setOpen(null)}
            />
          )}
        </div>
      )}
    </div>
  )
}

function Counter({ term, name, count }: { readonly term: string; readonly name: string; readonly count: number }) {
  const locale = useLocale()
  return (
    <div>
      <dt>{term}</dt>
      <dd data-counter={name} data-count={count}>
        {catalogue[locale].messages(count, number(locale, count))}
      </dd>
    </div>
  )
}

/** What the tab knows, kept current by one /sync after another until the session ends. */
function useMail(matrix: MatrixClient, session: Session, onEnded: (refusal: MatrixRefusal) => void) {
  const current = useRef<Mail | null>(null)
  current.current ??= savedMail()
  const [mail, setMail] = useState<Mail>(current.current)
  const [connected, setConnected] = useState(true)

  const change = (next: (known: Mail) => Mail) => {
    const changed = next(current.current ?? savedMail())
    current.current = changed
    setMail(changed)
  }
  const keep = () => {
    if (current.current !== null) saveMail(current.current)
  }

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const follow = async () => {
      let failures = 0
      while (!signal.aborted) {
        try {
          const answer = await matrix.sync(session, current.current?.since ?? null, failures === 0, signal)
          if (signal.aborted) return
          failures = 0
          setConnected(true)
          if (answer.next_batch !== current.current?.since) {
            change((known) => synced(known, answer))
            keep()
          }
        } catch (error) {
          if (signal.aborted || !(error instanceof MatrixRefusal)) return
          if (error.signedOut) return onEnded(error)
          failures += 1
          if (error.status !== 429) setConnected(false)
          await pause(Math.max(error.retryAfterMs ?? 0, Math.min(500 * 2 ** failures, 10_000)), signal)
        }
      }
    }
    void follow()
    addEventListener('pagehide', keep)
    return () => {
      removeEventListener('pagehide', keep)
      controller.abort()
    }
  }, [session.access_token])

  return { mail, change, connected }
}
