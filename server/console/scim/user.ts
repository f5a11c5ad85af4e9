// A person as SCIM's User (RFC 7643 §4.1): which attributes are kept, which are left aside, and which are refused.
import { emailFrom } from '../../people/directory.ts'
import { displayNameFrom, isUsername } from '../../people/username.ts'
import { booleanFrom, externalIdFrom, type Members, membersFrom, readOnly, requireSchema, textFrom } from './body.ts'
import { bad } from './fault.ts'
import { matches, type Path, type Value } from './filter.ts'
import type { Operation } from './patch.ts'
import type { Named, ScimUser, UserDraft } from './port.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** Attributes of the standard that a directory may send and that Palier does not keep: left aside without a word. */
const LEFT_ASIDE: readonly string[] = [
  'addresses',
  'ims',
  'locale',
  'name',
  'nickname',
  'password',
  'phonenumbers',
  'photos',
  'preferredlanguage',
  'profileurl',
  'timezone',
  'title',
  'usertype',
  'x509certificates',
]
/** Given by Palier. In a whole resource they are left aside, as RFC 7643 §2.2 has it. */
const READ_ONLY: readonly string[] = ['id', 'meta', 'groups', 'schemas']
/** What would make somebody an administrator: never from outside. */
const REFUSED: readonly string[] = ['roles', 'entitlements']

/** A whole User, of POST or PUT. */
export interface UserBody {
  readonly userName: string
  /** What was said; null where nothing was. */
  readonly displayName: string | null
  readonly externalId: string | null
  readonly email: string | null
  /** Null: not said. */
  readonly active: boolean | null
}

/** Reads a whole User. Throws `ScimFault` 400. */
export function userFrom(body: unknown): UserBody {
  const members = membersFrom(body, 'the body')
  requireSchema(members, USER_SCHEMA)
  for (const name of REFUSED) if (!isEmpty(members.get(name))) throw readOnly(name)
  const userName = userNameFrom(members.get('username'))
  const active = members.get('active')
  return {
    userName,
    displayName: displayName(members.get('displayname')) ?? spokenName(members.get('name')),
    externalId: externalIdFrom(members.get('externalid')),
    email: emailOf(members.get('emails')),
    active: active === undefined || active === null ? null : booleanFrom(active, 'active'),
  }
}

/** What a PUT makes of a person. What it does not say is taken away, but for whether they are suspended: silence resumes nobody. */
export function replaced(now: ScimUser, body: UserBody): UserDraft {
  requireSameName(now, body.userName)
  return {
    displayName: body.displayName ?? now.userName,
    externalId: body.externalId,
    email: body.email,
    active: body.active ?? now.active,
  }
}

/** What a PATCH makes of a person. Throws `ScimFault` 400. */
export function patched(now: ScimUser, operations: readonly Operation[]): UserDraft {
  return operations.reduce<UserDraft>((draft, operation) => applied(now, draft, operation), now)
}

function applied(now: ScimUser, draft: UserDraft, { op, path, value }: Operation): UserDraft {
  const { attribute } = path
  if (READ_ONLY.includes(attribute)) throw readOnly(attribute)
  if (REFUSED.includes(attribute)) {
    if (op === 'remove' || isEmpty(value)) return draft
    throw readOnly(attribute)
  }
  if (LEFT_ASIDE.includes(attribute) || attribute.startsWith('urn:ietf:params:scim:schemas:extension:')) return draft
  if (attribute === 'emails') return { ...draft, email: patchedEmail(draft.email, op, path, value) }
  if (path.filter !== null || path.sub !== null) throw bad('invalidPath', `${attribute} has nothing within it`)
  const said = op === 'remove' ? null : value
  if (attribute === 'displayname') return { ...draft, displayName: displayName(said) ?? now.userName }
  if (attribute === 'externalid') return { ...draft, externalId: externalIdFrom(said) }
  if (attribute === 'active') {
    if (op === 'remove') throw bad('invalidValue', 'active: wants true or false')
    return { ...draft, active: booleanFrom(value, 'active') }
  }
  if (attribute === 'username') {
    if (op === 'remove') throw bad('mutability', 'userName is required')
    requireSameName(now, userNameFrom(value))
    return draft
  }
  throw bad('invalidPath', `${attribute} is not an attribute of a User here`)
}

/** The resource as it is sent. `base` is `…/scim/v2`. */
export function userResource(base: string, user: ScimUser, groups: readonly Named[]): Record<string, unknown> {
  return {
    schemas: [USER_SCHEMA],
    id: user.id,
    ...(user.externalId === null ? {} : { externalId: user.externalId }),
    userName: user.userName,
    displayName: user.displayName,
    active: user.active,
    ...(user.email === null ? {} : { emails: [{ value: user.email, type: 'work' }] }),
    ...(groups.length === 0
      ? {}
      : {
          groups: groups.map(({ id, displayName }) => ({
            value: id,
            $ref: `${base}/Groups/${id}`,
            display: displayName,
            type: 'direct',
          })),
        }),
    meta: {
      resourceType: 'User',
      created: user.createdAt.toISOString(),
      lastModified: user.modifiedAt.toISOString(),
      location: `${base}/Users/${user.id}`,
      version: `W/"${user.version}"`,
    },
  }
}

/** The words for a userName that cannot be one. They name the way out: a directory often has an e-mail address there. */
const USERNAME_RULE =
  'userName: wants 1 to 64 of a-z, 0-9 and . _ = - / +, not beginning with an underscore and not all digits. It becomes the Matrix user id. Where the directory has an e-mail address, map the part before the @ (see docs/operations/provisioning.md)'

function userNameFrom(value: unknown): string {
  const text = textFrom(value, 'userName')
  if (text === null) throw bad('invalidValue', 'userName is required')
  // RFC 7643 §4.1.1: whatever the case of its letters.
  const userName = text.toLowerCase()
  if (!isUsername(userName)) throw bad('invalidValue', USERNAME_RULE)
  return userName
}

function requireSameName(now: ScimUser, userName: string): void {
  if (userName !== now.userName)
    throw bad(
      'mutability',
      'userName became the Matrix user id and cannot change: delete this person and create another',
    )
}

function displayName(value: unknown): string | null {
  const text = textFrom(value, 'displayName')
  if (text === null) return null
  const name = displayNameFrom(text)
  if (name === null)
    throw bad('invalidValue', 'displayName: wants 1 to 100 characters, none of them control characters')
  return name
}

// For directories that send only the parts of a name.
function spokenName(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const name = membersFrom(value, 'name')
  const parts = [name.get('givenname'), name.get('familyname')].filter(
    (part) => typeof part === 'string' && part !== '',
  )
  const spoken = textFrom(name.get('formatted'), 'name.formatted') ?? parts.join(' ')
  return spoken === '' ? null : displayNameFrom(spoken)
}

// Of several addresses one is kept: the primary, else that of work, else the first.
function emailOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const list = (Array.isArray(value) ? value : [value]).map(
    (one): Members => (typeof one === 'string' ? new Map([['value', one]]) : membersFrom(one, 'emails')),
  )
  const chosen =
    list.find((one) => one.get('primary') === true) ??
    list.find((one) => String(one.get('type')).toLowerCase() === 'work') ??
    list[0]
  return chosen === undefined ? null : emailText(chosen.get('value'))
}

function patchedEmail(now: string | null, op: Operation['op'], path: Path, value: unknown): string | null {
  const { filter, sub } = path
  const work = new Map<string, Value>([
    ['type', 'work'],
    ['primary', true],
    ...(now === null ? [] : [['value', now] as const]),
  ])
  if (sub !== null && !['value', 'type', 'primary', 'display'].includes(sub))
    throw bad('invalidPath', `emails.${sub} is not an attribute of a User here`)
  // Chosen among what is kept, which is one address; without one, an address of work may be put there (Entra does).
  if (filter !== null && !matches(filter, work)) {
    if (op === 'add') return now
    throw bad('noTarget', 'emails: none is kept that matches; one is, of the type work')
  }
  if (op === 'remove') return sub === null || sub === 'value' ? null : now
  if (sub === 'type' || sub === 'primary' || sub === 'display') return now
  if (sub === 'value') return emailText(value)
  return emailOf(value) ?? (op === 'replace' ? null : now)
}

function emailText(value: unknown): string | null {
  const text = textFrom(value, 'emails.value')
  const address = text === null ? null : emailFrom(text)
  if (text !== null && address === null) throw bad('invalidValue', 'emails.value: wants an e-mail address')
  return address
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
