// What SCIM refuses, in its own form (RFC 7644 §3.12).

/** Why, for programs: RFC 7644 §3.12, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 500

/** A refusal whose words are for the person who set the directory up: they are sent, and hold nothing secret. */
export class ScimFault extends Error {
  readonly status: Status
  readonly scimType: ScimType | null

  constructor(status: Status, scimType: ScimType | null, words: string) {
    super(words)
    this.name = 'ScimFault'
    this.status = status
    this.scimType = scimType
  }
}

/** A 400 with its type. */
export function bad(scimType: ScimType, words: string): ScimFault {
  return new ScimFault(400, scimType, words)
}

/** The answer. */
export function faultResponse(fault: ScimFault): Response {
  const { status, scimType, message } = fault
  const body = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === null ? {} : { scimType }),
    detail: message,
  }
  return Response.json(body, {
    status,
    headers: {
      'Content-Type': 'application/scim+json',
      'Cache-Control': 'no-store',
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer realm="palier"' } : {}),
    },
  })
}
