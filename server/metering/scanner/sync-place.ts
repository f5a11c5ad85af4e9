// Where events stand in a classic /sync, for the pass that needs no parsing: the answers of an ordinary hour. Whatever is less
// usual (rows of state, invitations, members that look like events) is left to JSON.parse and sync-answer.ts.
import type { ScanPlace } from './shape-table.ts'

const timeline: ScanPlace = {
  is: 'strict',
  members: { events: { is: 'list', of: { is: 'event', kind: 'timeline' } }, prev_batch: 'passed', limited: 'passed' },
}
/** A section that is there, and empty. */
const empty: ScanPlace = { is: 'strict', members: { events: { is: 'list', of: { is: 'parse' } } } }
const room: ScanPlace = {
  is: 'strict',
  members: {
    timeline,
    state: empty,
    state_after: empty,
    'org.matrix.msc4222.state_after': empty,
    msc4354_sticky: empty,
    sticky: empty,
    ephemeral: 'passed',
    account_data: 'passed',
  },
}
const rooms: ScanPlace = { is: 'map', of: room, nullable: true }
const none: ScanPlace = { is: 'map', of: { is: 'parse' }, nullable: true }

export const SYNC_PLACE: ScanPlace = {
  is: 'strict',
  members: {
    next_batch: { is: 'text' },
    rooms: { is: 'strict', members: { join: rooms, leave: rooms, invite: none, knock: none }, nullable: true },
    account_data: 'passed',
    presence: 'passed',
    to_device: 'passed',
    device_lists: 'passed',
    'org.matrix.msc4429.users': { is: 'parse' },
  },
}
