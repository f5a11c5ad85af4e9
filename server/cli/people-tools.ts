// What the people commands work with: narrow ports, given by whoever assembles the program.
import type { EnrolmentStore, PeopleStore, Person, Revoker } from '../people/port.ts'
import type { TicketDeps } from '../people/tickets.ts'
import { displayNameFrom, isUsername } from '../people/username.ts'
import type { MetadataDeps } from '../webauthn/metadata.ts'
import { askedWrongly, type CliContext, CliFailure } from './context.ts'

export interface PeopleTools {
  readonly people: PeopleStore
  readonly enrolment: EnrolmentStore
  readonly metadata: MetadataDeps
  readonly revoker: Revoker
}

/** Builds the tools on an opened context. */
export type PeopleToolsOf = (context: CliContext) => PeopleTools

/** What tickets are issued with. */
export function ticketDeps({ config, clock, random }: CliContext, { enrolment }: PeopleTools): TicketDeps {
  return { config, clock, random, enrolment }
}

/** Throws `CliFailure` with what a username is, when this is none. */
export function checkUsername(username: string): void {
  if (!isUsername(username)) throw askedWrongly('username', username, USERNAME)
}

const USERNAME =
  '1 to 64 of a-z, 0-9 and . _ = - / +, not beginning with an underscore and not all digits (Matrix appendix 4.2.1)'

/** The display name that `--name` gives, else the username; throws `CliFailure` when it is none. */
export function displayNameOf(username: string, name: string | undefined): string {
  const displayName = displayNameFrom(name ?? username)
  if (displayName === null)
    throw askedWrongly('--name', name ?? username, '1 to 100 characters, none of them control characters')
  return displayName
}

/** The person of that username; throws `CliFailure` when there is none. */
export async function personNamed({ people }: PeopleTools, username: string): Promise<Person> {
  const person = await people.byUsername(username)
  if (person === null) throw new CliFailure(`There is no user "${username}". \`palier user list\` shows who there is.`)
  return person
}
