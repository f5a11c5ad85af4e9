import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { apiDocument, apiReference } from '../../../server/console/api-reference.ts'
import { openApi } from '../../../server/console/openapi.ts'
import { type Verb, verb } from '../../../server/console/verb.ts'
import { VERBS } from '../../../server/console/verbs.ts'

const kept = (name: string) => readFileSync(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8')

it('the pages in docs are those that the verbs make: `npm run docs` writes them', () => {
  expect(kept('console-api.md') === apiReference()).toBe(true)
  expect(kept('console-api.json') === apiDocument()).toBe(true)
})

it('the document is OpenAPI 3.1, as a validator that nobody here wrote reads it', async () => {
  const validator = new Validator()
  expect(await validator.validate(JSON.parse(apiDocument()))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
  const { paths: _, ...broken } = JSON.parse(apiDocument())
  expect((await validator.validate({ ...broken, paths: { people: {} } })).valid).toBe(false)
})

it('every reference in it leads somewhere', () => {
  const document = JSON.parse(apiDocument())
  const references = [...apiDocument().matchAll(/"\$ref": "([^"]*)"/g)].map((match) => match[1] ?? '')
  expect(references.length).toBeGreaterThan(0)
  for (const reference of new Set(references)) {
    const [, ...steps] = reference.split('/')
    const found = steps.reduce<unknown>(
      (at, step) => (typeof at === 'object' && at ? Reflect.get(at, step) : null),
      document,
    )
    expect(found, reference).toBeTypeOf('object')
    expect(found, reference).not.toBeNull()
  }
})

it('each verb is there once, with its permission, its weight and what it takes', () => {
  const document = JSON.parse(apiDocument())
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  expect(operations.toSorted()).toEqual(VERBS.map(({ id }) => id).toSorted())
  expect(document.paths['/api/console/tokens/create'].post).toMatchObject({
    'x-permission': 'tokens.write',
    'x-weight': 'change',
    requestBody: {
      content: {
        'application/json': { schema: { additionalProperties: false, required: ['name', 'permissions', 'hours'] } },
      },
    },
  })
  expect(document.paths['/api/console/tokens/list'].get.parameters).toContainEqual({
    name: 'limit',
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  })
})

it('a grave verb answers that it waits for two; one that depends may do either; a file has no schema', () => {
  const given = { permission: 'people.read', summary: 's', input: z.strictObject({}), run: async () => ({}) } as const
  const made = openApi(
    [
      verb({ ...given, id: 'a.grave', weight: 'grave', answer: z.object({}) }),
      verb({ ...given, id: 'a.depends', weight: async () => 'change', answer: z.object({}) }),
      verb({ ...given, id: 'a.file', weight: 'read', answer: null }),
    ] as unknown as Verb[],
    'https://id.example.org',
  )
  const { servers, paths } = JSON.parse(JSON.stringify(made))
  expect(servers).toEqual([{ url: 'https://id.example.org' }])
  expect(Object.keys(paths['/api/console/a/grave'].post.responses)).toEqual(['202', 'default'])
  expect(Object.keys(paths['/api/console/a/depends'].post.responses)).toEqual(['200', '202', 'default'])
  expect(paths['/api/console/a/file'].get.responses['200'].content).toEqual({ '*/*': {} })
})
