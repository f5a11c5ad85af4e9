// What Synapse would read as a metered or refused endpoint is never passed: against a model of how Twisted and Synapse read.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classify } from '../../server/gateway/classify.ts'

/** Synapse's own patterns for what carries history, matched on the raw path. */
const HISTORY = [
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/messages$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/context\/[^/]*$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/event\/[^/]*$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/relations\/[^/]*(\/[^/]*){0,2}$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/threads$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/rooms\/[^/]*\/initialSync$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/(sync|search|initialSync|events|notifications)$/,
  /^\/_matrix\/client\/unstable\/org\.matrix\.simplified_msc3575\/sync$/,
  /^\/_matrix\/client\/(api\/v1|r0|v3|unstable|v1)\/room_keys\/keys(\/[^/]*){0,2}$/,
]

/** twisted.web.http: splits the query on `&` and `;`, drops bare names, decodes, collects. */
function twistedArguments(target: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const mark = target.indexOf('?')
  if (mark === -1) return found
  for (const piece of target.slice(mark + 1).split(/[&;]/)) {
    const equals = piece.indexOf('=')
    if (equals === -1) continue
    const decode = (text: string) =>
      text.replaceAll('+', ' ').replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    const name = decode(piece.slice(0, equals))
    found.set(name, [...(found.get(name) ?? []), decode(piece.slice(equals + 1))])
  }
  return found
}

const word = fc.constantFrom(
  '_matrix',
  'client',
  'v3',
  'r0',
  'v1',
  'api',
  'unstable',
  'rooms',
  '!r:x',
  '%21r%3Ax',
  'messages',
  'context',
  'event',
  '$e',
  'sync',
  'search',
  'relations',
  'threads',
  'room_keys',
  'keys',
  'state',
  'profile',
  '@a:x',
  'm.room.name',
  'initialSync',
  'events',
  '..',
  '.',
  '',
  'm%65ssages',
  '%2e%2e',
  '%2F',
  'a%2Fb',
  'directory',
  'room',
  'SYNC',
  'org.matrix.simplified_msc3575',
  'user',
  'account_data',
  'media',
)
const prefix = fc.constantFrom(
  '/_matrix/client/v3/',
  '/_matrix/client/r0/',
  '/_matrix/client/api/v1/',
  '/_matrix/client/unstable/',
  '/_matrix/client/v1/',
  '/',
)
const path = fc
  .tuple(prefix, fc.array(word, { minLength: 1, maxLength: 6 }))
  .map(([start, words]) => start + words.join('/'))
const name = fc.constantFrom(
  'limit',
  '%6Cimit',
  'lim%69t',
  'from',
  'since',
  'filter',
  'access_token',
  'access%5Ftoken',
  'Limit',
  'x',
  '',
)
const value = fc.constantFrom('1', '1000', '-1', '%31', '', 'a;limit=1000', 'a%26limit=9', 't', '+5', 'a%3Blimit=7')
const query = fc
  .array(fc.tuple(name, fc.constantFrom('=', ''), value, fc.constantFrom('&', ';', '&&')), { maxLength: 5 })
  .map((parts) => parts.map((part) => part.join('')).join(''))
const target = fc.tuple(path, fc.option(query, { nil: null })).map(([p, q]) => (q === null ? p : `${p}?${q}`))
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT')

test('nothing that Synapse would read as history is passed', () => {
  fc.assert(
    fc.property(target, method, (text, verb) => {
      const found = classify(verb, text)
      if ('rejected' in found || found.row.treatment !== 'passed' || verb === 'PUT') return
      const raw = text.split('?')[0] as string
      for (const pattern of HISTORY) expect(raw).not.toMatch(pattern)
      // Nor behind a proxy that decodes the path first.
      const decoded = decodeURIComponent(raw)
      for (const pattern of HISTORY) expect(decoded).not.toMatch(pattern)
    }),
    { numRuns: 20_000 },
  )
})

test('what the gateway reads of a metered query is what Twisted reads', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.constantFrom('rooms/!r:x/messages', 'rooms/!r:x/context/$e', 'sync'), query),
      ([route, q]) => {
        const found = classify('GET', `/_matrix/client/v3/${route}?${q}`)
        if ('rejected' in found) return
        const theirs = twistedArguments(found.target)
        for (const parameter of found.row.parameters ?? []) {
          expect(theirs.get(parameter) ?? []).toEqual(
            found.query.count(parameter) === 0 ? [] : [found.query.first(parameter)],
          )
        }
        expect(theirs.has('access_token')).toBe(false)
        if (found.row.clamp) {
          const lowered = found.query.with('limit', '3', found.target.split('?')[0] as string)
          expect(twistedArguments(lowered).get('limit')).toEqual(['3'])
        }
      },
    ),
    { numRuns: 20_000 },
  )
})

test('what is forwarded is what came in, less the token', () => {
  fc.assert(
    fc.property(target, (text) => {
      const found = classify('GET', text)
      if ('rejected' in found || found.queryToken !== null) return
      expect(found.target).toBe(text)
    }),
    { numRuns: 5_000 },
  )
})
