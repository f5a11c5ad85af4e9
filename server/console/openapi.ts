// The console's API as an OpenAPI 3.1 document, made from the list of verbs: what is checked at the door is what is written here.
import * as z from 'zod'
import type { Verb } from './verb.ts'

/** JSON Schema 2020-12, as far as it is read here. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly format?: string
  readonly default?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

const REASON = { type: 'string', description: 'A stable id; the page has a sentence for each.' }

/** The document. `issuer` null leaves out where it is served, as in the documentation. */
export function openApi(verbs: readonly Verb[], issuer: string | null): Record<string, unknown> {
  const paths: Record<string, unknown> = {}
  for (const verb of sorted(verbs)) paths[pathOf(verb)] = { [methodOf(verb).toLowerCase()]: operation(verb) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Palier console',
      version: '1',
      description:
        'What the console does, a script can do. Every verb checks one permission; `docs/reference/roles.md` says which role holds it. SCIM has an interface of its own at `/scim/v2`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: issuer ?? '/' }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(sorted(verbs).map(nounOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API token (`pct_…`), made with `tokens.create`: at most a day, with the permissions it was given.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-palier_session',
          description:
            'The session of somebody who signed in with a security key. Changes want a tap at most five minutes old.',
        },
      },
      responses: {
        refused: {
          description: 'A refusal, with a stable reason.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      schemas: {
        Problem: {
          description: 'RFC 9457. Some reasons come with members of their own.',
          type: 'object',
          required: ['type', 'title', 'status', 'reason'],
          properties: {
            type: { type: 'string', const: 'about:blank' },
            title: { type: 'string' },
            status: { type: 'integer' },
            reason: REASON,
          },
        },
      },
    },
  }
}

/** Verbs by their ids. */
export function sorted(verbs: readonly Verb[]): readonly Verb[] {
  return verbs.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** `people` of `people.list`. */
export function nounOf({ id }: Pick<Verb, 'id'>): string {
  return id.split('.')[0] ?? id
}

export function pathOf({ id }: Pick<Verb, 'id'>): string {
  return `/api/console/${id.replace('.', '/')}`
}

export function methodOf({ weight }: Pick<Verb, 'weight'>): 'GET' | 'POST' {
  return weight === 'read' ? 'GET' : 'POST'
}

/** Its weight in a word: `depends` where what is asked decides. */
export function weightOf({ weight }: Pick<Verb, 'weight'>): string {
  return typeof weight === 'string' ? weight : 'depends'
}

/** What a verb takes, as JSON Schema: before defaults are filled in. */
export function inputSchema({ input }: Pick<Verb, 'input'>): Schema {
  return schemaOf(input, 'input')
}

/** What it answers, as JSON Schema; null where it is a file or a stream. */
export function answerSchema({ answer }: Pick<Verb, 'answer'>): Schema | null {
  return answer === null ? null : schemaOf(answer, 'output')
}

function schemaOf(type: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return schema as Schema
}

function operation(verb: Verb): Record<string, unknown> {
  const answer = answerSchema(verb)
  const weight = weightOf(verb)
  const done =
    answer === null
      ? { description: 'A file or a stream.', content: { '*/*': {} } }
      : { description: 'Done.', content: { 'application/json': { schema: answer } } }
  return {
    operationId: verb.id,
    summary: verb.summary,
    tags: [nounOf(verb)],
    'x-permission': verb.permission,
    'x-weight': weight,
    ...takes(verb),
    responses: {
      ...(weight === 'grave' ? {} : { 200: done }),
      ...(weight === 'grave' || weight === 'depends' ? { 202: PENDING } : {}),
      default: { $ref: '#/components/responses/refused' },
    },
  }
}

const PENDING = {
  description: 'Written down as an act: it is done when two administrators have tapped over the same words.',
  content: {
    'application/json': {
      schema: { type: 'object', required: ['act'], properties: { act: { type: 'string' } } },
    },
  },
}

function takes(verb: Verb): Record<string, unknown> {
  const schema = inputSchema(verb)
  if (methodOf(verb) === 'POST') return { requestBody: { required: true, content: { 'application/json': { schema } } } }
  const parameters = Object.entries(schema.properties ?? {}).map(([name, inner]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: inner,
  }))
  return parameters.length === 0 ? {} : { parameters }
}
