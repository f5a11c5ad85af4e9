// What the console reads of sessions and devices, and how it ends them.
import type { Person } from '../../people/port.ts'
import type { EndedBy } from '../../sessions/revocation.ts'
import type { Place } from '../keyset.ts'

/** `device`: a Matrix device that signed in. `sign-in`: a browser's session at id. */
export type SessionKind = 'device' | 'sign-in'

export interface SessionAsk {
  readonly kind: SessionKind
  readonly live: boolean
  /** What begins a username, a Matrix user id or a device id, or is the whole of one of Palier's ids. */
  readonly q: string | undefined
  readonly person: string | undefined
  readonly server: string | undefined
  readonly network: string | undefined
  /** Part of what the client calls itself. */
  readonly client: string | undefined
  readonly after: Place | null
  readonly limit: number
}

/** One of either kind, as it stands. Names and clients are what clients said. */
export interface SessionRow {
  readonly kind: SessionKind
  /** `dev_…`, or the hash of a session's cookie. */
  readonly id: string
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string }
  /** Of a device. */
  readonly serverName: string | null
  readonly userId: string | null
  readonly deviceId: string | null
  readonly name: string | null
  readonly sid: string | null
  readonly lastActiveAt: Date | null
  readonly lastTapAt: Date
  readonly client: string
  readonly network: string
  readonly acr: string
  /** The name of the key that signed it in. */
  readonly key: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly endedReason: string | null
}

/** An authorization that came of a sign-in at id. */
export interface SidRow {
  /** `sid_…` */
  readonly id: string
  readonly clientId: string
  readonly createdAt: Date
  readonly endedAt: Date | null
}

export interface SessionShown {
  readonly session: SessionRow
  readonly sids: readonly SidRow[]
  /** The devices of those authorizations. */
  readonly devices: readonly SessionRow[]
  /** The sign-in at id that it came from. */
  readonly signIn: SessionRow | null
}

export interface Reach {
  readonly people: number
  readonly devices: number
  readonly signIns: number
}

export interface EndedCounts {
  readonly devices: number
  readonly sids: number
}

export interface SessionConsole {
  /** Newest first. */
  search(ask: SessionAsk): Promise<readonly SessionRow[]>
  show(kind: SessionKind, id: string): Promise<SessionShown | null>
  /** What lives, of a group or of everyone. Null for an unknown group. */
  reach(group: string | null): Promise<Reach | null>
  /** Whose that sign-in, authorization or device is, ended or not, or who that person is. Null: there is none. */
  whose(kind: SessionKind | 'sid' | 'person', id: string): Promise<Pick<Person, 'username' | 'role'> | null>
  end(kind: SessionKind | 'sid' | 'person', id: string, by: EndedBy): Promise<EndedCounts>
  /** Everyone in the group (null: everyone) but those spared. Null for an unknown group. */
  endMany(
    group: string | null,
    sparing: readonly string[],
    by: Omit<EndedBy, 'also'>,
  ): Promise<(EndedCounts & { readonly people: number }) | null>
}
