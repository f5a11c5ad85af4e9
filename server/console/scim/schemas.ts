// What SCIM says of itself: RFC 7643 §5 to §7. Only what is kept is in the schemas.
import { GROUP_SCHEMA } from './group.ts'
import { USER_SCHEMA } from './user.ts'

/** Longest page of a list. */
export const PAGE_MAX = 200

interface Attribute {
  readonly type?: 'string' | 'boolean' | 'complex' | 'reference'
  readonly multiValued?: boolean
  readonly description: string
  readonly required?: boolean
  readonly caseExact?: boolean
  readonly mutability?: 'readOnly' | 'readWrite' | 'immutable'
  readonly uniqueness?: 'none' | 'server'
  readonly referenceTypes?: readonly string[]
  readonly canonicalValues?: readonly string[]
  readonly subAttributes?: readonly Record<string, unknown>[]
}

function attribute(name: string, given: Attribute): Record<string, unknown> {
  return {
    name,
    type: 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...given,
  }
}

const REFERENCE = (name: string) =>
  attribute('$ref', {
    type: 'reference',
    description: `Where the ${name} is.`,
    mutability: 'readOnly',
    caseExact: true,
    referenceTypes: [name],
  })

const USER_ATTRIBUTES = [
  attribute('userName', {
    description:
      'The localpart of the Matrix user id: 1 to 64 of a-z, 0-9 and . _ = - / +, not beginning with an underscore, not all digits. Never changes, and is never given again.',
    required: true,
    mutability: 'immutable',
    uniqueness: 'server',
  }),
  attribute('displayName', { description: 'The name that people read. The userName where none is given.' }),
  attribute('active', {
    type: 'boolean',
    description:
      'False suspends: sessions, devices and tokens end within a second, and nobody signs in until it is true again.',
  }),
  attribute('emails', {
    type: 'complex',
    multiValued: true,
    description:
      'Where enrolment links are sent. One is kept: the primary, else that of the type work, else the first.',
    subAttributes: [
      attribute('value', { description: 'The address.' }),
      attribute('type', { description: 'Kept as work, whatever is sent.', canonicalValues: ['work'] }),
    ],
  }),
  attribute('groups', {
    type: 'complex',
    multiValued: true,
    description: 'The groups that the person is in; changed through the groups.',
    mutability: 'readOnly',
    subAttributes: [
      attribute('value', { description: 'The id of the group.', mutability: 'readOnly', caseExact: true }),
      REFERENCE('Group'),
      attribute('display', { description: 'Its name.', mutability: 'readOnly' }),
      attribute('type', { description: 'Always direct.', mutability: 'readOnly', canonicalValues: ['direct'] }),
    ],
  }),
]

const GROUP_ATTRIBUTES = [
  attribute('displayName', { description: 'The name. Unique.', required: true, caseExact: true, uniqueness: 'server' }),
  attribute('members', {
    type: 'complex',
    multiValued: true,
    description: 'People. Groups within groups are not kept.',
    subAttributes: [
      attribute('value', { description: 'The id of the User.', mutability: 'immutable', caseExact: true }),
      { ...REFERENCE('User'), mutability: 'immutable' },
      attribute('type', { description: 'Always User.', mutability: 'immutable', canonicalValues: ['User'] }),
    ],
  }),
]

/** `/ServiceProviderConfig`. */
export function serviceProviderConfig(base: string): Record<string, unknown> {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: PAGE_MAX },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'API token',
        description: 'A token with the permission scim.write, made in the console; it lives at most 90 days.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

/** `/ResourceTypes`. */
export function resourceTypes(base: string): readonly Record<string, unknown>[] {
  const type = (id: string, endpoint: string, schema: string, description: string) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id,
    name: id,
    endpoint,
    description,
    schema,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${id}` },
  })
  return [
    type('User', '/Users', USER_SCHEMA, 'People'),
    type('Group', '/Groups', GROUP_SCHEMA, 'Groups of people, which policy rules name'),
  ]
}

/** `/Schemas`. */
export function schemas(base: string): readonly Record<string, unknown>[] {
  const schema = (id: string, name: string, description: string, attributes: readonly Record<string, unknown>[]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    description,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  })
  return [
    schema(USER_SCHEMA, 'User', 'A person', USER_ATTRIBUTES),
    schema(GROUP_SCHEMA, 'Group', 'A group of people', GROUP_ATTRIBUTES),
  ]
}
