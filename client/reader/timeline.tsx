// One room: its messages, further back on demand, and a field to write in.
import { useEffect, useRef, useState } from 'preact/hooks'
import { instant, number, useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { type Reading, useEarlier } from './earlier.ts'
import { type MatrixClient, MatrixRefusal, type MessagesAnswer, type Session } from './matrix.ts'
import { type Message, type Room, titleOf } from './store.ts'
import { catalogue } from './words.ts'

interface RoomViewProps {
  readonly matrix: MatrixClient
  readonly session: Session
  readonly companionUrl: string
  readonly room: Room
  readonly onPage: (answer: MessagesAnswer) => void
  readonly onEnded: (refusal: MatrixRefusal) => void
  readonly onBack: () => void
}

export function RoomView(props: RoomViewProps) {
  const { matrix, session, room } = props
  const locale = useLocale()
  const words = catalogue[locale]
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const scroller = useRef<HTMLElement>(null)
  useEffect(() => {
    heading.current?.focus()
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [])
  const { reading, read } = useEarlier(matrix, session, room.id, {
    page: (answer) => {
      setSaid(words.pageRead(number(locale, answer.chunk.length)))
      props.onPage(answer)
    },
    signedOut: props.onEnded,
  })
  const busy = reading.at === 'reading' || reading.at === 'key'

  return (
    <section class="sheet room" aria-labelledby="room-title" data-room-open={room.id} data-reading={reading.at}>
      <div class="room-head">
        <button type="button" class="quiet only-narrow" data-action="back" onClick={props.onBack}>
          {words.back}
        </button>
        <h2 id="room-title" ref={heading} tabIndex={-1}>
          <bdi class="break">{titleOf(room)}</bdi>
        </h2>
        {room.next === null ? (
          <p class="soft small">{words.beginning}</p>
        ) : (
          <button
            type="button"
            data-action="earlier"
            aria-disabled={busy}
            onClick={() => room.next !== null && void read(room.next)}
          >
            {reading.at === 'not-now' || reading.at === 'failed' ? words.again : words.earlier}
          </button>
        )}
        <p class="visually-hidden" role="status">
          {reading.at === 'reading' ? words.reading : said}
        </p>
        <Asked reading={reading} companionUrl={props.companionUrl} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="scroller" ref={scroller} tabIndex={0} aria-label={words.timeline(titleOf(room))}>
        <ol class="messages">
          {[...room.older, ...room.recent].map((message) => (
            <Entry key={message.id} message={message} />
          ))}
        </ol>
      </section>
      <Composer matrix={matrix} session={session} room={room.id} onEnded={props.onEnded} />
    </section>
  )
}

/** What stands between the person and older messages, and what to do about it. */
function Asked({ reading, companionUrl }: { readonly reading: Reading; readonly companionUrl: string }) {
  const locale = useLocale()
  const words = catalogue[locale]
  return (
    <div role="status">
      {reading.at === 'key' && (
        <div class="notice warn" data-asks="key">
          <p class="notice-title">{words.keyHeading}</p>
          <p>{words.keyText}</p>
          <p>
            <a
              class="button accent"
              href={reading.approvalUri ?? companionUrl}
              target="_blank"
              rel="noreferrer"
              data-action="open-approval"
            >
              {reading.approvalUri === null ? words.keyCompanion : words.keyOpen} {shared[locale].newTab}
            </a>
          </p>
        </div>
      )}
      {reading.at === 'not-now' && (
        <div class="notice bad" data-asks="not-now">
          <p class="notice-title">{words.notNow}</p>
          <p>{words.notNowText(instant(locale, new Date(reading.untilMs).toISOString()))}</p>
        </div>
      )}
      {reading.at === 'failed' && (
        <div class="notice bad" data-asks="failed">
          <p>{words.failed}</p>
        </div>
      )}
    </div>
  )
}

function Entry({ message }: { readonly message: Message }) {
  const locale = useLocale()
  return (
    <li data-message={message.id}>
      <p class="message-head">
        <bdi class="sender">{message.sender}</bdi>{' '}
        <time dateTime={new Date(message.at).toISOString()}>{instant(locale, new Date(message.at).toISOString())}</time>
      </p>
      <p class="break">
        {message.text === null ? <em class="soft">{catalogue[locale].noText}</em> : <bdi>{message.text}</bdi>}
      </p>
    </li>
  )
}

interface ComposerProps {
  readonly matrix: MatrixClient
  readonly session: Session
  readonly room: string
  readonly onEnded: (refusal: MatrixRefusal) => void
}

function Composer({ matrix, session, room, onEnded }: ComposerProps) {
  const words = catalogue[useLocale()]
  const [text, setText] = useState('')
  const [state, setState] = useState<'idle' | 'sending' | 'failed'>('idle')
  // The same transaction for the same words: a second try is not a second message.
  const transaction = useRef<{ text: string; id: string } | null>(null)
  const send = async () => {
    const words = text.trim()
    if (words === '' || state === 'sending') return
    if (transaction.current?.text !== words) transaction.current = { text: words, id: crypto.randomUUID() }
    setState('sending')
    try {
      await matrix.send(session, room, transaction.current.id, words)
      transaction.current = null
      setText('')
      setState('idle')
    } catch (error) {
      if (error instanceof MatrixRefusal && error.signedOut) return onEnded(error)
      setState('failed')
    }
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <label for="message">{words.write}</label>
      <div class="row">
        <input
          id="message"
          type="text"
          autocomplete="off"
          maxLength={2000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" data-action="send">
          {words.send}
        </button>
      </div>
      <p class={state === 'failed' ? 'wrong small' : 'soft small'} role="status">
        {state === 'sending' ? words.sending : state === 'failed' ? words.notSent : ''}
      </p>
    </form>
  )
}
