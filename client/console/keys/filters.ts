// What the inventory is asked for, in the order of its buttons: all, then what needs attention most.
import type { KeyFilter } from '../../../server/console/keys/port.ts'

export type { KeyFilter }

const ORDER: Readonly<Record<KeyFilter, number>> = {
  all: 0,
  none: 1,
  one: 2,
  compromised: 3,
  below: 4,
  uncertified: 5,
  'never-used': 6,
  unused: 7,
  revoked: 8,
}

export const KEY_FILTERS = (Object.keys(ORDER) as KeyFilter[]).sort((a, b) => ORDER[a] - ORDER[b])
