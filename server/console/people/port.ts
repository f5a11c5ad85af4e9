// What the console's verbs about people and groups stand on.
import type { AuditEvent } from '../../audit/port.ts'
import type { DirectoryGroupStore, DirectoryStore } from '../../people/directory.ts'
import type { GroupStore } from '../../people/groups.ts'
import type { ImportStore } from '../../people/imports.ts'
import type { PeopleStore, Revoker } from '../../people/port.ts'

export interface PeopleConsole {
  readonly directory: DirectoryStore
  readonly people: Pick<PeopleStore, 'setSuspended'>
  readonly groups: DirectoryGroupStore & { readonly changes: Pick<GroupStore, 'create' | 'remove'> }
  readonly imports: ImportStore
  /** Ends what somebody is signed in to, everywhere, within a second. */
  readonly revoker: Revoker
  readonly audit: { append(event: AuditEvent): Promise<unknown> }
}
