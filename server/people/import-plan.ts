// Decides what each line of a file of people would do. Pure: the same lines and the same people give the same plan, which is how an
// import notices, line by line, that somebody changed meanwhile.
import { GROUP_SEPARATOR } from './csv-cells.ts'
import type { CsvLine } from './csv-file.ts'
import { emailFrom } from './directory.ts'
import { groupNameFrom } from './groups.ts'
import type { PersonRole } from './port.ts'
import { displayNameFrom, isUsername } from './username.ts'

/** A person as they are when a line is judged. */
export interface KnownPerson {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: string | null
  readonly role: PersonRole
  readonly version: number
  readonly isDeleted: boolean
  /** Names of their groups. */
  readonly groups: readonly string[]
}

export interface Known {
  /** By username. */
  readonly people: ReadonlyMap<string, KnownPerson>
  /** Usernames by e-mail address in small letters. */
  readonly emails: ReadonlyMap<string, string>
  /** Names of the groups that are there. */
  readonly groups: ReadonlySet<string>
  /** Whether somebody may read more, or enrol other keys, once they are in these groups besides those they were in (names). */
  readonly loosens: (username: string, before: readonly string[], joined: readonly string[]) => boolean
}

export interface PlanRules {
  /** Whether who asks may give roles and change administrators. */
  readonly mayWriteRoles: boolean
  /** Whether groups that are not there are made; otherwise a line that names one is refused. */
  readonly makesGroups: boolean
}

/** What a line asks for; null: nothing said of it. */
export interface Wanted {
  readonly displayName: string | null
  readonly email: string | null
  readonly role: PersonRole | null
  /** Names. */
  readonly groups: readonly string[]
}

export interface PlannedChange {
  readonly field: 'display_name' | 'email' | 'role' | 'groups'
  readonly from: string | null
  readonly to: string
}

export type Outcome = 'create' | 'update' | 'unchanged' | 'refused'

export interface PlannedLine {
  readonly line: number
  readonly username: string
  readonly outcome: Outcome
  /** Why it is refused: a stable reason id. */
  readonly reason: string | null
  readonly wanted: Wanted
  /** Of somebody who is there. */
  readonly changes: readonly PlannedChange[]
  readonly personId: string | null
  readonly personVersion: number | null
}

const NOTHING: Wanted = { displayName: null, email: null, role: null, groups: [] }

/** The plan of a whole file. Of lines that name one person or one mailbox, the first counts and the others are refused. */
export function planFile(lines: readonly CsvLine[], known: Known, rules: PlanRules): readonly PlannedLine[] {
  const usernames = new Set<string>()
  const emails = new Set<string>()
  return lines.map((line) => {
    const read = wantedOf(line)
    if ('reason' in read) return refused(line.line, [...line.username].slice(0, 100).join(''), read.reason)
    const { username, wanted } = read
    if (usernames.has(username)) return refused(line.line, username, 'line-person-twice', wanted)
    usernames.add(username)
    const email = wanted.email?.toLowerCase()
    if (email !== undefined && emails.has(email)) return refused(line.line, username, 'line-email-twice', wanted)
    if (email !== undefined) emails.add(email)
    return planLine(line.line, username, wanted, known, rules)
  })
}

/** What one line would do to the people of now. */
export function planLine(line: number, username: string, wanted: Wanted, known: Known, rules: PlanRules): PlannedLine {
  const person = known.people.get(username)
  const no = (reason: string) => refused(line, username, reason, wanted)
  if (person?.isDeleted) return no('username-was-deleted')
  const holder = wanted.email === null ? undefined : known.emails.get(wanted.email.toLowerCase())
  if (holder !== undefined && holder !== username) return no('line-email-of-another')
  if (!rules.makesGroups && wanted.groups.some((name) => !known.groups.has(name))) return no('group-unknown')
  const role = wanted.role ?? person?.role ?? 'person'
  const before = person?.role ?? 'person'
  // As everywhere else: an owner comes and goes by two administrators.
  if (role !== before && (role === 'owner' || before === 'owner')) return no('line-owner-needs-two')
  if (role !== before && !rules.mayWriteRoles) return no('line-role-not-yours')
  // So do limits and keys. The line is refused whole: what it would do must be what it says.
  if (known.loosens(username, person?.groups ?? [], wanted.groups)) return no('line-groups-need-two')
  if (person === undefined) return { ...no(''), outcome: 'create', reason: null }
  const changes = changesOf(person, wanted)
  const found = { personId: person.id, personVersion: person.version }
  if (changes.length === 0) return { ...no(''), ...found, outcome: 'unchanged', reason: null }
  if (person.role !== 'person' && !rules.mayWriteRoles) return no('administrators-by-owners')
  return { ...no(''), ...found, outcome: 'update', reason: null, changes }
}

/** Groups of a plan that are not there yet. */
export function newGroups(plan: readonly PlannedLine[], known: Known): readonly string[] {
  const names = plan.flatMap(({ outcome, wanted }) =>
    outcome === 'create' || outcome === 'update' ? wanted.groups : [],
  )
  return [...new Set(names)].filter((name) => !known.groups.has(name)).sort()
}

function refused(line: number, username: string, reason: string, wanted = NOTHING): PlannedLine {
  return { line, username, outcome: 'refused', reason, wanted, changes: [], personId: null, personVersion: null }
}

function changesOf(person: KnownPerson, wanted: Wanted): readonly PlannedChange[] {
  const changes: PlannedChange[] = []
  const { displayName, email, role } = wanted
  if (displayName !== null && displayName !== person.displayName)
    changes.push({ field: 'display_name', from: person.displayName, to: displayName })
  if (email !== null && email !== person.email) changes.push({ field: 'email', from: person.email, to: email })
  if (role !== null && role !== person.role) changes.push({ field: 'role', from: person.role, to: role })
  const joined = wanted.groups.filter((name) => !person.groups.includes(name))
  if (joined.length > 0) changes.push({ field: 'groups', from: null, to: joined.join(GROUP_SEPARATOR) })
  return changes
}

/** What the cells mean. Capitals of a username are made small: a Matrix user id has none. */
export function wantedOf(
  line: CsvLine,
): { readonly username: string; readonly wanted: Wanted } | { readonly reason: string } {
  if (line.misshapen) return { reason: 'line-misshapen' }
  if (line.formula) return { reason: 'line-formula' }
  const username = line.username.toLowerCase()
  if (username === '') return { reason: 'line-username-missing' }
  if (!isUsername(username)) return { reason: 'username-invalid' }
  const displayName = line.displayName ? displayNameFrom(line.displayName) : null
  if (line.displayName && displayName === null) return { reason: 'display-name-invalid' }
  const email = line.email ? emailFrom(line.email) : null
  if (line.email && email === null) return { reason: 'email-invalid' }
  const role = line.role ? (ROLE_NAMES.get(plain(line.role)) ?? null) : null
  if (line.role && role === null) return { reason: 'line-role-unknown' }
  const groups = groupNames(line.groups ?? '')
  if (groups === null) return { reason: 'group-name-invalid' }
  return { username, wanted: { displayName, email, role, groups } }
}

/** Names in a cell: separated by bars; where there is none, by semicolons or commas. Null where one is no name of a group. */
function groupNames(cell: string): readonly string[] | null {
  const separator = cell.includes(GROUP_SEPARATOR) ? GROUP_SEPARATOR : /[;,\n]/
  const names = cell
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map(groupNameFrom)
  return names.includes(null) ? null : [...new Set(names as string[])]
}

const ROLE_NAMES: ReadonlyMap<string, PersonRole> = new Map<string, PersonRole>([
  ...['person', 'user', 'personne', 'agent', 'utilisateur'].map((name) => [name, 'person'] as const),
  ...['owner', 'proprietaire'].map((name) => [name, 'owner'] as const),
  ...['enroller', 'gestionnaire', 'enroleur', 'enroleuse'].map((name) => [name, 'enroller'] as const),
  ...['supervisor', 'superviseur', 'superviseuse', 'surveillant'].map((name) => [name, 'supervisor'] as const),
  ...['auditor', 'auditeur', 'auditrice'].map((name) => [name, 'auditor'] as const),
])

function plain(text: string): string {
  return text.trim().normalize('NFD').toLowerCase().replaceAll(/\p{M}/gu, '')
}
