// Who may do what in the console: four roles, and what each of them holds. The table role × verb in docs/reference/roles.md is made from this.

/** What a person is to the console. `person` has no business in it. */
export const ADMINISTRATOR_ROLES = ['owner', 'enroller', 'supervisor', 'auditor'] as const
export type AdministratorRole = (typeof ADMINISTRATOR_ROLES)[number]

export const PERMISSIONS = [
  'people.read',
  'people.write',
  'roles.write',
  'keys.read',
  'keys.enrol',
  'keys.revoke',
  'keys.policy',
  'sessions.read',
  'sessions.end',
  'sessions.end-many',
  'watch.read',
  'alerts.handle',
  'policy.read',
  'policy.write',
  'audit.read',
  'audit.export',
  'privacy.reveal',
  'privacy.export',
  'privacy.erase',
  'tokens.write',
  'scim.write',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/**
 * What no API token holds, whoever made it and whatever it was given: a token that gave a role would have made somebody who outlives it.
 * Whoever has a role is changed by who gives roles, so a token changes, suspends and deletes no administrator either.
 */
export const SESSION_ONLY: readonly Permission[] = ['roles.write']

/** What an API token may be given. */
export const TOKEN_PERMISSIONS: readonly Permission[] = PERMISSIONS.filter((one) => !SESSION_ONLY.includes(one))

const READING: readonly Permission[] = [
  'people.read',
  'keys.read',
  'sessions.read',
  'watch.read',
  'policy.read',
  'audit.read',
]

const HELD: Readonly<Record<AdministratorRole, ReadonlySet<Permission>>> = {
  owner: new Set(PERMISSIONS),
  // Hands keys out and takes lost ones back. Sees no one's reading.
  enroller: new Set<Permission>([
    'people.read',
    'people.write',
    'keys.read',
    'keys.enrol',
    'keys.revoke',
    'sessions.read',
    'sessions.end',
  ]),
  // Watches, and cuts off. Enrols nobody, changes no threshold.
  supervisor: new Set<Permission>([...READING, 'keys.revoke', 'sessions.end', 'sessions.end-many', 'alerts.handle']),
  // Reads everything that is shown, changes nothing.
  auditor: new Set<Permission>([...READING, 'audit.export']),
}

/** Whether a role holds a permission. `person` holds none. */
export function holds(role: string, permission: Permission): boolean {
  return Object.hasOwn(HELD, role) && HELD[role as AdministratorRole].has(permission)
}

/** What a role holds, in the order of the list. */
export function permissionsOf(role: string): readonly Permission[] {
  return PERMISSIONS.filter((permission) => holds(role, permission))
}
