import { expect, test } from 'vitest'
import { type Classified, classify } from '../../../server/gateway/classify.ts'
import { ROUTES } from '../../../server/gateway/routes.ts'

const V3 = '/_matrix/client/v3'
const reason = (target: string, method = 'GET') => {
  const found = classify(method, target)
  return 'rejected' in found ? found.reason : found.row.id
}
const found = (target: string, method = 'GET') => {
  const result = classify(method, target)
  if ('rejected' in result) throw new Error(result.reason)
  return result as Classified
}

test.each(['api/v1', 'r0', 'v3', 'unstable'])('history is metered on the old prefix %s', (prefix) => {
  expect(reason(`/_matrix/client/${prefix}/rooms/!r:x/messages`)).toBe('rooms.messages')
  expect(reason(`/_matrix/client/${prefix}/rooms/!r:x/context/$e`)).toBe('rooms.context')
  expect(reason(`/_matrix/client/${prefix}/rooms/!r:x/event/$e`)).toBe('rooms.event')
  expect(reason(`/_matrix/client/${prefix}/sync`)).toBe('sync')
})

test.each([
  ['/_matrix/client/v3/rooms/!r:x/../!r:x/messages', 'path-dots'],
  ['/_matrix/client/v3/./sync', 'path-dots'],
  ['/_matrix/client/v3/rooms/!r:x/%2e%2e/messages', 'path-encoding'],
  ['/_matrix/client//v3/sync', 'path-empty-segment'],
  ['/_matrix/client/v3/s%79nc', 'path-encoding'],
  ['/_matrix/client/v3/rooms/!r%253Ax/messages', 'path-encoding'],
  ['/_matrix/client/v3/rooms/!r%zzx/messages', 'path-encoding'],
  ['/_matrix/client/v3/rooms/!r:x;a=b/messages', 'path-character'],
  ['/_matrix/client/v3/rooms/a%2Fmessages', 'unknown-route'],
  ['/_matrix/client/v3/rooms/!r:x/messages/', 'unknown-route'],
  ['/_Matrix/client/v3/sync', 'unknown-route'],
  ['/_matrix/client/V3/sync', 'unknown-route'],
  ['/_matrix/client/v3/SYNC', 'unknown-route'],
  ['http://matrix.example.org/_matrix/client/v3/sync', 'target-form'],
  ['*', 'target-form'],
  ['/_matrix/client/v3/sync#x', 'target-form'],
  ['/_matrix/client/v3/sync\\x', 'target-form'],
  ['/_matrix/client/v3/sync\u0000', 'target-form'],
  ['/_matrix/client/v3/s\u00fdnc', 'target-form'],
  [`/_matrix/client/v3/sync?x=${'y'.repeat(8192)}`, 'target-too-long'],
  ['/_matrix/client/v3/sync?a=1;since=2', 'query-semicolon'],
  ['/_matrix/client/v3/sync?%73ince=2', 'query-encoding'],
  ['/_matrix/client/v3/sync?since=%zz', 'query-encoding'],
  ['/_matrix/client/v3/sync?since=1&since=2', 'query-repeated'],
  ['/_matrix/client/v3/sync?since', 'query-nameless'],
  ['/_matrix/client/v3/account/whoami?access_token=a&access_token=b', 'query-repeated'],
])('%s is refused: %s', (target, why) => {
  expect(reason(target)).toBe(why)
})

test.each(['-1', '+5', '1e9', '0x10', '5.0', '', '%205', '%31', '1_0', '%D9%A3'])('limit=%s is refused', (limit) => {
  expect(classify('GET', `${V3}/rooms/!r:x/messages?limit=${limit}`)).toMatchObject({
    rejected: true,
    status: 400,
    errcode: 'M_INVALID_PARAM',
    reason: 'limit-invalid',
  })
})

test('limit is the default when absent and lowered to the maximum when absurd', () => {
  expect(found(`${V3}/rooms/!r:x/messages`).limit).toBe(10)
  expect(found(`${V3}/rooms/!r:x/messages?limit=1000000000`).limit).toBe(1000)
  expect(found(`${V3}/rooms/!r:x/messages?limit=7`).limit).toBe(7)
  expect(found('/_matrix/client/v1/rooms/!r:x/threads').limit).toBe(5)
})

test('a token is spliced out wherever it stands, and a limit is put in its place', () => {
  const route = found(`${V3}/rooms/!r:x/messages?dir=b&access_token=t&limit=7&from=a%2Bb`)
  expect([route.queryToken, route.target]).toEqual(['t', `${V3}/rooms/!r:x/messages?dir=b&limit=7&from=a%2Bb`])
  expect(route.query.with('limit', '3', `${V3}/rooms/!r:x/messages`)).toBe(
    `${V3}/rooms/!r:x/messages?dir=b&limit=3&from=a%2Bb`,
  )
  expect(found(`${V3}/sync?access_token=t`).target).toBe(`${V3}/sync`)
})

test('ids are decoded for metering and kept as they stand for forwarding', () => {
  const route = found(`${V3}/rooms/%21r%3Ax/context/%24a%2Fb`)
  expect(route.params).toEqual({ roomId: '!r:x', eventId: '$a/b' })
  expect(route.raw).toEqual({ roomId: '%21r%3Ax', eventId: '%24a%2Fb' })
})

test('an encoded slash cannot build a dot segment behind a proxy that decodes', () => {
  expect(reason(`${V3}/directory/room/a%2F..%2Fb`)).toBe('path-encoding')
})

test('HEAD is classified as GET, other methods are 405', () => {
  expect(found(`${V3}/sync`, 'HEAD').row.id).toBe('sync')
  expect(classify('POST', `${V3}/sync`)).toMatchObject({ status: 405 })
  expect(classify('PATCH', `${V3}/sync`)).toMatchObject({ status: 405 })
})

test.each([
  ['POST', '/_matrix/client/v3/search', 'metered'],
  ['POST', '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync', 'metered'],
  ['GET', '/_matrix/client/r0/initialSync', 'metered'],
  ['GET', '/_matrix/client/v3/notifications', 'metered'],
  ['GET', '/_matrix/client/v3/room_keys/keys/!r:x', 'metered'],
  ['POST', '/_matrix/client/v1/login/get_token', 'refused'],
  ['POST', '/_matrix/client/unstable/org.matrix.msc3882/login/get_token', 'refused'],
  ['POST', '/_matrix/client/v3/register', 'refused'],
  ['GET', '/_matrix/static/client/login/', 'refused'],
  ['GET', '/_synapse/client/pick_idp', 'refused'],
  ['GET', '/_synapse/admin/v1/rooms', 'closed'],
  ['GET', '/_matrix/media/r0/download/x/y', 'closed'],
  ['PUT', '/_matrix/client/v3/room_keys/keys', 'passed'],
  ['GET', '/_matrix/client/v1/media/download/x/y', 'metered'],
  ['POST', '/_matrix/client/v3/login', 'control'],
  ['GET', '/palier/sso/abc', 'control'],
])('%s %s is %s', (method, target, treatment) => {
  expect(found(target, method).row.treatment).toBe(treatment)
})

test('every row has a name of its own and says why', () => {
  expect(new Set(ROUTES.map((row) => row.id)).size).toBe(ROUTES.length)
  for (const row of ROUTES) expect(row.reason.length).toBeGreaterThan(5)
})
