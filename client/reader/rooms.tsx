// The list of rooms with its search: a part of it at a time, so that the keyboard gets past it.
import { useState } from 'preact/hooks'
import { number, useLocale } from '../shared/locale.ts'
import { listed, type Mail, type Room, titleOf } from './store.ts'
import { catalogue } from './words.ts'

const AT_ONCE = 30

interface RoomListProps {
  readonly mail: Mail
  readonly open: string | null
  readonly onOpen: (id: string) => void
}

export function RoomList({ mail, open, onOpen }: RoomListProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const [search, setSearch] = useState('')
  const [limit, setLimit] = useState(AT_ONCE)
  const found = listed(mail, search)
  const shown = found.slice(0, limit)
  const rest = found.length - shown.length
  return (
    <nav class="sheet room-list" aria-labelledby="rooms">
      <h2 id="rooms">{words.rooms}</h2>
      <div class="field">
        <label for="search">{words.search}</label>
        <input
          id="search"
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={search}
          aria-describedby="search-hint"
          onInput={(event) => {
            setSearch(event.currentTarget.value)
            setLimit(AT_ONCE)
          }}
        />
        <p class="hint" id="search-hint" role="status">
          {found.length === 0
            ? words.noRooms
            : words.searchHint(number(locale, found.length), number(locale, mail.rooms.size))}
        </p>
      </div>
      <ul class="plain-list">
        {shown.map((room) => (
          <li key={room.id}>
            <Entry room={room} current={room.id === open} onOpen={onOpen} />
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" class="quiet" onClick={() => setLimit(limit + AT_ONCE)}>
          {words.moreRooms(number(locale, Math.min(rest, AT_ONCE)))}
        </button>
      )}
    </nav>
  )
}

function Entry({ room, current, onOpen }: { room: Room; current: boolean; onOpen: (id: string) => void }) {
  const newest = room.recent.at(-1)
  return (
    <button
      type="button"
      class="room-entry"
      data-room={room.id}
      aria-current={current ? 'true' : undefined}
      onClick={() => onOpen(room.id)}
    >
      <bdi class="room-name">{titleOf(room)}</bdi>
      {newest?.text && <bdi class="room-newest">{newest.text}</bdi>}
    </button>
  )
}
