// Every endpoint that Synapse serves has a row of the route table: the committed list is of the release that the tests install
// (test/synapse/servlets.test.ts holds it equal to a real Synapse's own resources).
import { describe, expect, test } from 'vitest'
import { classify } from '../../../server/gateway/classify.ts'
import { ROUTES, type Row } from '../../../server/gateway/routes.ts'
import { SYNAPSE_VERSION } from '../../../server/sample/synapse/install.ts'
import { examples, SNAPSHOT, walk } from '../../support/servlets.ts'
import { NO_ROW, NOT_SERVED } from '../../support/servlets-reasons.ts'

const own = walk(SNAPSHOT, ROUTES)

test('the list is of the release that the tests install', () => {
  expect(SNAPSHOT.version).toBe(SYNAPSE_VERSION)
  expect(Object.keys(SNAPSHOT.servlets).length).toBeGreaterThan(300)
})

test('every endpoint that Synapse serves has a row', () => {
  expect(own.unlisted.filter((one) => !(one in NO_ROW))).toEqual([])
})

test('what has no row for a reason has none', () => {
  expect(Object.keys(NO_ROW).filter((one) => !own.unlisted.includes(one))).toEqual([])
})

test('a row that Synapse does not serve has a reason, and only such a row', () => {
  expect([...own.unserved].sort()).toEqual(Object.keys(NOT_SERVED).sort())
})

test('what Synapse serves is classified as its row says, never refused for how it is written', () => {
  for (const [request, row] of own.rowOf) {
    const [method, path] = request.split(' ') as [string, string]
    const found = classify(method, path)
    expect('rejected' in found ? `${request}: ${found.reason}` : found.row.id).toBe(row)
  }
})

describe('without a row', () => {
  const without = (id: string): readonly Row[] => ROUTES.filter((row) => row.id !== id)

  test('its endpoints are named, on every prefix', () => {
    expect(walk(SNAPSHOT, without('rooms.messages')).unlisted.filter((one) => !own.unlisted.includes(one))).toEqual(
      ['api/v1', 'r0', 'v3', 'unstable'].map((prefix) => `GET /_matrix/client/${prefix}/rooms/example/messages`),
    )
  })

  test('there is none whose removal goes unnoticed, other than what a wider row then takes', () => {
    const served = new Set(own.rowOf.values())
    const unnoticed = [...served].filter((id) => {
      const { unlisted } = walk(SNAPSHOT, without(id))
      return unlisted.length === own.unlisted.length
    })
    expect(unnoticed).toEqual([])
  })
})

describe('an example of a pattern', () => {
  test.each([
    ['^/a/(x|y)/(?P<id>[^/]*)$', ['/a/x/example', '/a/y/example']],
    ['^/a(/(?P<b>[^/]+)(/(?P<c>[^/]+))?)?$', ['/a', '/a/example', '/a/example/example']],
    ['^/org\\.matrix/v1/?$', ['/org.matrix/v1', '/org.matrix/v1/']],
    ['/literal/path', ['/literal/path']],
  ])('%s', (pattern, paths) => {
    expect(examples(pattern)).toEqual(paths)
  })

  test('of one that cannot be read is an error, not nothing', () => {
    expect(() => examples('^/a/(?!b)[^/]*$')).toThrow(/cannot read|open bracket/)
  })
})
