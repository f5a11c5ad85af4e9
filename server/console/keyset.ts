// Places in lists that are ordered by an instant and then an id, newest first.
import { Refusal } from '../errors/failure.ts'
import { isStorableInstant } from '../platform/storable.ts'

/** The last item of a page. */
export interface Place {
  readonly at: Date
  readonly id: string
}

/** A place as a client gets and sends it: instant, `~`, id. */
export function writePlace({ at, id }: Place): string {
  return `${at.toISOString()}~${id}`
}

/** What `writePlace` wrote. Throws `Refusal` 400 `bad-request` for anything else; null for none. */
export function readPlace(after: string | undefined): Place | null {
  if (after === undefined) return null
  const [text, id] = [after.slice(0, after.indexOf('~')), after.slice(after.indexOf('~') + 1)]
  const at = new Date(text)
  if (!isStorableInstant(at) || at.toISOString() !== text || !/^[\w-]{1,100}$/.test(id))
    throw new Refusal(400, 'bad-request', 'after: not a place in this list')
  return { at, id }
}

/** A page made of one item more than it holds: what there is, and where the next begins. */
export function pageOf<Item>(found: readonly Item[], limit: number, placeOf: (item: Item) => Place) {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next: found.length > limit && last !== undefined ? writePlace(placeOf(last)) : null }
}
