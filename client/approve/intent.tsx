// What would be released, from the stored intent and nothing else. Names of rooms and devices are other people's text:
// isolated from the sentence around them (bidi), cut when long, and always beside the id that cannot lie.
import type { ComponentChildren } from 'preact'
import { amountsInWords } from '../shared/amounts.ts'
import type { ApprovalContext, Place } from '../shared/api.ts'
import { clientWords } from '../shared/client-words.ts'
import { duration, instant, number, useLocale } from '../shared/locale.ts'
import { catalogue, known } from './words.ts'

const SHOWN_ROOMS = 5
/** In the place of a room's id. */
const EVERY_ROOM = '*'
const NAME_LENGTH = 80
/** The whole of a browser's User-Agent. */
const AGENT_LENGTH = 200

export function Intent({ context }: { readonly context: ApprovalContext }) {
  const locale = useLocale()
  const words = catalogue[locale]
  const { device, asking } = context
  const differs = device.network !== asking.network || device.client !== asking.client
  // A push address stands where rooms would.
  const isAddress = context.meter === 'pushers'
  const lives = isAddress ? words.livesAddress : context.rooms_total > 0 ? words.lives : words.livesAnywhere
  return (
    <>
      {differs && (
        <div class="notice warn">
          <p class="notice-title">{words.differs}</p>
        </div>
      )}
      <dl class="facts">
        <Fact term={words.device}>
          <p class="strong">
            <Foreign text={device.display_name ?? device.device_id} />
          </p>
          <p class="soft small">
            <code>{cut(device.device_id)}</code> · {words.deviceSince(instant(locale, device.signed_in_at))}
          </p>
        </Fact>
        <Fact term={words.network}>
          <Both device={device} asking={asking} of="network" />
        </Fact>
        <Fact term={words.client}>
          <Both device={device} asking={asking} of="client" />
        </Fact>
        {context.rooms_total > 0 && (
          <Fact term={isAddress ? words.address : words.rooms}>
            {isAddress ? <Addresses context={context} /> : <Rooms context={context} />}
          </Fact>
        )}
        <Fact term={words.quantity}>
          <p class="strong">{words.most(amountsInWords(locale, context.amounts))}</p>
          <p>{lives(duration(locale, context.lives_seconds))}</p>
        </Fact>
        <Fact term={words.what}>
          <p>{known(words.directions, context.direction)}</p>
        </Fact>
        <Fact term={words.why}>
          <p>{known(words.reasons, context.reason)}</p>
        </Fact>
        <Fact term={words.until}>
          <p>{words.untilAt(instant(locale, context.expires_at))}</p>
        </Fact>
      </dl>
    </>
  )
}

function Fact({ term, children }: { readonly term: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** One line when the device still is where it signed in from; both, named, when not. */
function Both({ device, asking, of }: { device: Place; asking: Place; of: keyof Place }) {
  const words = catalogue[useLocale()]
  if (device[of] === asking[of]) return <Said text={asking[of]} of={of} />
  return (
    <>
      <p>{words.asking}</p>
      <Said text={asking[of]} of={of} strong />
      <div class="soft">
        <p>{words.atSignin}</p>
        <Said text={device[of]} of={of} />
      </div>
    </>
  )
}

/** A client in words, with what it says of itself under them: the words are ours, and may be wrong. */
function Said({ text, of, strong = false }: { text: string; of: keyof Place; strong?: boolean }) {
  const words = of === 'client' ? clientWords(text) : null
  return (
    <>
      <p class={strong ? 'strong' : ''}>{words ?? <Foreign text={text} />}</p>
      {words !== null && (
        <p class="soft small">
          <Foreign text={text} length={AGENT_LENGTH} />
        </p>
      )}
    </>
  )
}

// Whole: what is cut from an address is what tells it from another.
function Addresses({ context }: { readonly context: ApprovalContext }) {
  return (
    <ul class="rooms">
      {context.rooms.map(({ id }) => (
        <li key={id}>
          <code class="id">{id}</code>
        </li>
      ))}
    </ul>
  )
}

function Rooms({ context }: { readonly context: ApprovalContext }) {
  const locale = useLocale()
  const words = catalogue[locale]
  if (context.rooms.some(({ id }) => id === EVERY_ROOM)) return <p class="strong">{words.everyRoom}</p>
  const first = context.rooms.slice(0, SHOWN_ROOMS)
  const rest = context.rooms.slice(SHOWN_ROOMS)
  const unlisted = context.rooms_total - context.rooms.length
  return (
    <>
      <p class="strong">{words.roomCount(context.rooms_total, number(locale, context.rooms_total))}</p>
      <RoomList rooms={first} />
      {rest.length > 0 && (
        <details>
          <summary>{words.showAll(number(locale, rest.length))}</summary>
          <RoomList rooms={rest} />
        </details>
      )}
      {unlisted > 0 && <p class="soft">{words.notListed(number(locale, unlisted))}</p>}
    </>
  )
}

function RoomList({ rooms }: { readonly rooms: ApprovalContext['rooms'] }) {
  const words = catalogue[useLocale()]
  return (
    <ul class="rooms">
      {rooms.map((room) => (
        <li key={room.id}>
          {room.name ? <Foreign text={room.name} /> : <span class="soft">{words.unnamed}</span>}
          <code class="id">{room.id}</code>
        </li>
      ))}
    </ul>
  )
}

function Foreign({ text, length = NAME_LENGTH }: { readonly text: string; readonly length?: number }) {
  return <bdi title={text.length > length ? text : undefined}>{cut(text, length)}</bdi>
}

function cut(text: string, length = NAME_LENGTH): string {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text
}
