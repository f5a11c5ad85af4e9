// What the people commands work with: narrow ports, given by whoever assembles the program.
import type { EnrolmentStore, PeopleStore, Person, Revoker } from '../people/port.ts'
import type { TicketDeps } from '../people/tickets.ts'
import type { MetadataDeps } from '../webauthn/metadata.ts'
import { type CliContext, CliFailure } from './context.ts'

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

/** The person of that username; throws `CliFailure` when there is none. */
export async function personNamed({ people }: PeopleTools, username: string): Promise<Person> {
  const person = await people.byUsername(username)
  if (person === null) throw new CliFailure(`There is no user "${username}". \`palier user list\` shows who there is.`)
  return person
}
