// A group as SCIM's Group (RFC 7643 §4.2). Members are people; groups within groups are not kept.
import { groupNameFrom } from '../../people/groups.ts'
import { isToken } from '../../platform/tokens.ts'
import { externalIdFrom, membersFrom, readOnly, requireSchema, textFrom } from './body.ts'
import { bad } from './fault.ts'
import type { Filter } from './filter.ts'
import type { Operation } from './patch.ts'
import type { GroupChange, MemberChange, ScimGroup } from './port.ts'

export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'
/** Most members named in one request. */
export const MEMBERS_MAX = 10_000

export interface GroupBody {
  readonly displayName: string
  readonly externalId: string | null
  readonly members: readonly string[]
}

/** Reads a whole Group. Throws `ScimFault` 400. */
export function groupFrom(body: unknown): GroupBody {
  const members = membersFrom(body, 'the body')
  requireSchema(members, GROUP_SCHEMA)
  return {
    displayName: groupName(members.get('displayname')),
    externalId: externalIdFrom(members.get('externalid')),
    members: memberIds(members.get('members') ?? []),
  }
}

/** What a PUT makes of a group. */
export function replacedGroup(body: GroupBody): GroupChange {
  return { ...body, members: [{ kind: 'replace', ids: body.members }] }
}

/** What a PATCH makes of a group. Throws `ScimFault` 400. */
export function patchedGroup(now: ScimGroup, operations: readonly Operation[]): GroupChange {
  let { displayName, externalId } = now
  const members: MemberChange[] = []
  for (const { op, path, value } of operations) {
    const { attribute } = path
    if (['id', 'meta', 'schemas'].includes(attribute)) {
      // Entra repeats the id beside what it changes.
      if (attribute === 'id' && value === now.id) continue
      throw readOnly(attribute)
    }
    if (attribute === 'members') {
      members.push(memberChange({ op, path, value }))
      continue
    }
    if (path.filter !== null || path.sub !== null) throw bad('invalidPath', `${attribute} has nothing within it`)
    if (attribute === 'displayname') {
      if (op === 'remove') throw bad('mutability', 'displayName is required')
      displayName = groupName(value)
    } else if (attribute === 'externalid') externalId = op === 'remove' ? null : externalIdFrom(value)
    else throw bad('invalidPath', `${attribute} is not an attribute of a Group here`)
  }
  return { displayName, externalId, members }
}

/** The resource as it is sent. `base` is `…/scim/v2`. */
export function groupResource(base: string, group: ScimGroup, members: readonly string[]): Record<string, unknown> {
  return {
    schemas: [GROUP_SCHEMA],
    id: group.id,
    ...(group.externalId === null ? {} : { externalId: group.externalId }),
    displayName: group.displayName,
    ...(members.length === 0
      ? {}
      : {
          members: members.map((id) => ({ value: id, $ref: `${base}/Users/${id}`, type: 'User' })),
        }),
    meta: {
      resourceType: 'Group',
      created: group.createdAt.toISOString(),
      lastModified: group.modifiedAt.toISOString(),
      location: `${base}/Groups/${group.id}`,
      version: `W/"${group.version}"`,
    },
  }
}

function memberChange({ op, path, value }: Operation): MemberChange {
  if (path.sub !== null) throw bad('invalidPath', 'members are added and removed whole')
  if (path.filter !== null) {
    if (op !== 'remove') throw bad('invalidPath', 'members[…] goes with remove only')
    return { kind: 'remove', ids: idsOf(path.filter) }
  }
  if (op !== 'remove') return { kind: op, ids: memberIds(value) }
  // Entra's older way: the members to remove as a value.
  return value === undefined || value === null ? { kind: 'remove-all' } : { kind: 'remove', ids: memberIds(value) }
}

function idsOf(filter: Filter): readonly string[] {
  if (filter.kind === 'or') return filter.of.flatMap(idsOf)
  const isId = filter.kind === 'compare' && filter.attribute === 'value' && filter.operator === 'eq'
  if (!isId || typeof filter.value !== 'string') throw bad('invalidFilter', 'members: wants members[value eq "per_…"]')
  return [filter.value]
}

function memberIds(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length > MEMBERS_MAX) throw bad('invalidValue', `members: at most ${MEMBERS_MAX} in one request`)
  return [...new Set(list.map(memberId))]
}

function memberId(value: unknown): string {
  const member = membersFrom(value, 'members')
  if (String(member.get('type') ?? 'User').toLowerCase() !== 'user')
    throw bad('invalidValue', 'members: wants people; groups within groups are not kept')
  const id = textFrom(member.get('value'), 'members.value')
  if (id === null || !isToken('person', id)) throw bad('invalidValue', 'members.value: wants the id of a User')
  return id
}

function groupName(value: unknown): string {
  const text = textFrom(value, 'displayName')
  const name = text === null ? null : groupNameFrom(text)
  if (name === null)
    throw bad(
      'invalidValue',
      'displayName: wants 1 to 100 characters on one line, not "everyone" and not beginning with grp_',
    )
  return name
}
