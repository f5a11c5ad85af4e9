// What every request to a User or a Group has in common: who asks, what they sent, of which version, which page of which list.
import type { Context } from 'hono'
import type { Effect } from '../../people/moves.ts'
import { readBoundedText } from '../../platform/body.ts'
import { type Shown, SORTABLE, type Sortable, shownFrom, sortableFrom, typedFilter } from './attributes.ts'
import { membersFrom, requireSchema } from './body.ts'
import { bad, ScimFault } from './fault.ts'
import { type Filter, filterFrom } from './filter.ts'
import type { By, Changed, Query, Versions } from './port.ts'
import { PAGE_MAX } from './schemas.ts'

/** Largest body in bytes: 10,000 members with their names. */
const BODY_MAX_BYTES = 2 * 1024 * 1024
/** Where a client names none. */
const PAGE = 100

/** The handlers of one kind of resource. */
export interface Handlers {
  list(c: Context): Promise<Response>
  create(c: Context): Promise<Response>
  show(c: Context): Promise<Response>
  replace(c: Context): Promise<Response>
  patch(c: Context): Promise<Response>
  remove(c: Context): Promise<Response>
}

/** Who it is done by; the routes have seen to it. */
export function byOf(c: Context): By {
  const by = c.get('palierScimBy')
  if (by === undefined) throw new Error('no token was asked for on this route')
  return by
}

/** The body, as JSON. Throws `ScimFault` 413, 415 or 400 `invalidSyntax`. */
export async function bodyOf(c: Context): Promise<unknown> {
  const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase()
  // RFC 7644 §3.1: application/scim+json; many clients say application/json.
  if (type !== 'application/scim+json' && type !== 'application/json')
    throw new ScimFault(415, null, 'Content-Type: wants application/scim+json')
  const text = await readBoundedText(c.req.raw, BODY_MAX_BYTES)
  if (text === null) throw new ScimFault(413, null, `the body is larger than ${BODY_MAX_BYTES} bytes`)
  try {
    return JSON.parse(text)
  } catch {
    throw bad('invalidSyntax', 'the body is not JSON')
  }
}

/** The versions of `If-Match` (RFC 7644 §3.14); null where it names none, or `*`. */
export function versionsOf(c: Context): Versions {
  const header = c.req.header('If-Match')
  return header === undefined || header.trim() === '*' ? null : versionsIn(header)
}

/** Whether the client has this version already (RFC 7644 §3.14, `If-None-Match`). */
export function hasVersion(c: Context, version: number): boolean {
  const header = c.req.header('If-None-Match')
  return header !== undefined && (header.trim() === '*' || versionsIn(header).includes(version))
}

function versionsIn(header: string): readonly number[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .map((tag) => /^(?:W\/)?"(\d{1,10})"$/.exec(tag.trim())?.[1])
    .filter((text) => text !== undefined)
    .map(Number)
}

const ASKED = ['attributes', 'excludedAttributes', 'filter', 'sortBy', 'sortOrder', 'startIndex', 'count'] as const
/** What a list is asked for, as text. */
export type Asked = Partial<Record<(typeof ASKED)[number], string>>

export const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/** What the query asks for (RFC 7644 §3.4.2), or the body of `.search` (§3.4.3). */
export async function askedOf(c: Context): Promise<Asked> {
  if (c.req.method === 'GET') return pick((name) => c.req.query(name))
  const members = membersFrom(await bodyOf(c), 'the body')
  requireSchema(members, SEARCH_SCHEMA)
  return pick((name) => {
    const value = members.get(name.toLowerCase())
    if (value === undefined || value === null) return undefined
    const values = Array.isArray(value) ? value : [value]
    // As deep as it is sent, what is nested has no text.
    if (values.some((one) => typeof one === 'object')) throw bad('invalidValue', `${name}: wants text`)
    return values.map(String).join(',')
  })
}

function pick(of: (name: string) => string | undefined): Asked {
  const asked: Asked = {}
  for (const name of ASKED) {
    const text = of(name)
    if (text !== undefined) asked[name] = text
  }
  return asked
}

/** The query of a request for one resource: which of its attributes. */
export function pageless(c: Context): Asked {
  return pick((name) => (name === 'attributes' || name === 'excludedAttributes' ? c.req.query(name) : undefined))
}

/** The attributes that the answer is to show. */
export function shownOf({ attributes, excludedAttributes }: Asked): Shown {
  return shownFrom(attributes, excludedAttributes)
}

/** What a list asks for. Throws `ScimFault` 400 `invalidFilter`, `invalidPath` or `invalidValue`. */
export function queryOf<Attribute extends string>(
  asked: Asked,
  kinds: Parameters<typeof typedFilter<Attribute>>[1],
  pageMax = PAGE_MAX,
): Query<Attribute> & { readonly startIndex: number } {
  const text = asked.filter?.trim() ?? ''
  const filter: Filter<Attribute> | null = text === '' ? null : typedFilter(filterFrom(text), kinds)
  const sortBy: Sortable = sortFrom(asked.sortBy, Object.keys(kinds))
  const order = asked.sortOrder?.toLowerCase() ?? 'ascending'
  if (order !== 'ascending' && order !== 'descending')
    throw bad('invalidValue', 'sortOrder: wants ascending or descending')
  // RFC 7644 §3.4.2.4: less than one is one, a negative count is none.
  const startIndex = Math.max(1, whole(asked.startIndex, 'startIndex') ?? 1)
  const limit = Math.min(pageMax, Math.max(0, whole(asked.count, 'count') ?? PAGE))
  return { filter, sortBy, descending: order === 'descending', skip: startIndex - 1, limit, startIndex }
}

function sortFrom(text: string | undefined, of: readonly string[]): Sortable {
  return text === undefined || text === '' ? SORTABLE[0] : sortableFrom(text, of)
}

function whole(text: string | undefined, name: string): number | null {
  if (text === undefined || text === '') return null
  if (!/^-?\d{1,9}$/.test(text)) throw bad('invalidValue', `${name}: wants a whole number`)
  return Number(text)
}

/** A list's answer (RFC 7644 §3.4.2). */
export function listResponse(total: number, startIndex: number, resources: readonly unknown[]): Response {
  return scimResponse(200, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  })
}

/** One resource's answer, with its version; of a new one with its place. */
export function resourceResponse(
  status: 200 | 201,
  resource: Record<string, unknown>,
  location: string,
  version: number,
) {
  return scimResponse(status, resource, {
    ETag: `W/"${version}"`,
    ...(status === 201 ? { Location: location } : {}),
  })
}

function scimResponse(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, {
    status,
    headers: { ...headers, 'Content-Type': 'application/scim+json', 'Cache-Control': 'no-store' },
  })
}

/** No such resource, or none any more. */
export function notFound(): ScimFault {
  return new ScimFault(404, null, 'there is none of that id')
}

const ROLE_WORDS =
  'this person has a role in the console: their address and their externalId are changed, they are suspended, resumed and deleted there, by people'

/** How many people and things are named before it says how many more there are. */
const NAMED = 5

function needsTwoWords(loosened: readonly Effect[]): string {
  const people = loosened.flatMap((effect) => effect.people)
  const what = [...new Set(loosened.flatMap(({ changes }) => changes.map((one) => one.what)))]
  return `members: this would loosen ${some(what)} for ${some(people)}, which two administrators decide in the console, under Groups; nothing was changed`
}

const some = (names: readonly string[]) =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`

/** What could not be changed, in SCIM's words. */
export function changeFault(
  outcome: Exclude<Changed<unknown>, { readonly kind: 'changed' | 'same' }> | { readonly kind: 'administrator' },
): ScimFault {
  switch (outcome.kind) {
    case 'unknown':
      return notFound()
    case 'moved':
      return new ScimFault(412, null, 'it has changed since the version that If-Match names: read it again')
    case 'last-owner':
      return new ScimFault(403, null, 'this is the last owner who can sign in: make another one in the console first')
    case 'suspended-here':
      return new ScimFault(403, null, 'an administrator suspended this person in the console: they are resumed there')
    case 'administrator':
      return new ScimFault(403, null, ROLE_WORDS)
    case 'name-taken':
      return new ScimFault(
        409,
        'uniqueness',
        'this name is taken, or was: the username of a person who was deleted is not given again',
      )
    case 'external-id-taken':
      return new ScimFault(409, 'uniqueness', 'this externalId is taken')
    case 'no-such-member':
      return bad('invalidValue', `members: there is no User ${outcome.id}`)
    case 'needs-two':
      return new ScimFault(403, null, needsTwoWords(outcome.loosened))
  }
}
