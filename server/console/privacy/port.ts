// What the console needs to open, hand out and take away what is known of people.

/** A room that two administrators had revealed to them. */
export interface Revealed {
  readonly room: string
  /** The Matrix room id. */
  readonly roomId: string
  /** As a prompt named it last; null: none did. */
  readonly name: string | null
  readonly reason: string
  readonly first: string
  readonly second: string
  readonly at: Date
}

export interface Erased {
  readonly lines: number
  readonly habits: number
}

export interface PersonExport {
  /**
   * Everything that is kept of a person, as JSON text in pieces. For anybody but themselves, rooms are counted in it, not named, and
   * receipts, which name them, are left out. Null: there is nobody by that id.
   */
  pieces(personId: string, of: 'own' | 'another'): Promise<AsyncIterable<string> | null>
}

export interface PrivacyConsole {
  /** Whether a pseudonym is one that some stored line names. */
  knowsRoom(pseudonym: string): Promise<boolean>
  /** Opens a room to two administrators for an hour. Audited in the same transaction. False: its lines have gone meanwhile. */
  reveal(ask: {
    readonly id: string
    readonly room: string
    readonly first: string
    /** The first again, of an act that the only owner signed alone. */
    readonly second: string
    readonly reason: string
    readonly at: Date
  }): Promise<boolean>
  /** What was revealed to this administrator and is still open at `now`. */
  revealedTo(personId: string, now: Date): Promise<readonly Revealed[]>
  /** Notes that somebody was handed all that is kept of a person. */
  exported(by: { readonly actor: string }, personId: string): Promise<void>
  readonly export: PersonExport
  /** Takes away stored lines and habits of a person. Audited in the same transaction. Null: there is nobody by that id. */
  erase(ask: {
    readonly personId: string
    readonly actor: string
    readonly second: string | null
    readonly reason: string
  }): Promise<Erased | null>
  /** Notes that somebody looked at a person's reading: at most once an hour for the same two. */
  looked(by: { readonly actor: string; readonly personId: string }, whom: string, now: Date): Promise<void>
}
