// The labelled sample homeserver: a real relying party of id and a small, faithful part of the client-server API.
// It stands where Synapse would, so that one command shows Palier at work; it federates with nobody and stores no real message.
import { Hono } from 'hono'
import { authenticated, matrixError, type SampleVariables } from './account.ts'
import { elsewhereRoutes } from './elsewhere.ts'
import { type LoginDeps, loginRoutes } from './login.ts'
import { roomRoutes } from './rooms.ts'
import { sync } from './sync.ts'
import { Timeline } from './timeline.ts'

export type SampleDeps = LoginDeps

/** The sample as one Hono app. */
export function sampleHomeserver(deps: SampleDeps): Hono {
  const rooms = {
    serverName: deps.serverName,
    clock: deps.clock,
    state: deps.state,
    timeline: new Timeline(deps.state, deps.serverName),
  }
  const filters = new Map<string, string>()
  const app = new Hono()
  app.get('/_matrix/client/versions', (c) =>
    c.json({
      versions: ['r0.6.1', 'v1.1', 'v1.5', 'v1.10', 'v1.11'],
      unstable_features: {},
      server: { name: 'Palier sample homeserver' },
    }),
  )
  app.get('/health', (c) => c.text('OK'))
  app.route('/', loginRoutes(deps))

  const api = new Hono<SampleVariables>()
  api.use(authenticated(deps))
  api.get('/account/whoami', (c) =>
    c.json({ user_id: c.get('account').user, device_id: c.get('account').device, is_guest: false }),
  )
  api.get('/sync', (c) => sync(c, rooms, filters))
  api.route('/', roomRoutes(rooms))
  api.route('/', elsewhereRoutes(rooms))
  api.post('/user/:user/filter', async (c) => {
    const id = String(filters.size)
    filters.set(id, await c.req.text())
    return c.json({ filter_id: id })
  })
  api.get('/user/:user/filter/:id', (c) => {
    const filter = filters.get(c.req.param('id'))
    return filter === undefined ? matrixError(c, 404, 'M_NOT_FOUND', 'No such filter') : c.json(JSON.parse(filter))
  })
  api.get('/capabilities', (c) => c.json({ capabilities: { 'm.change_password': { enabled: false } } }))
  api.get('/pushrules/', (c) => c.json({ global: { override: [], content: [], room: [], sender: [], underride: [] } }))
  api.get('/profile/:user', (c) => c.json({ displayname: c.req.param('user').slice(1).split(':')[0] }))
  api.get('/devices', (c) => c.json({ devices: [{ device_id: c.get('account').device }] }))
  api.post('/keys/upload', (c) => c.json({ one_time_key_counts: { signed_curve25519: 50 } }))
  api.post('/keys/query', (c) => c.json({ device_keys: {}, failures: {} }))
  api.on('POST', ['/logout', '/logout/all'], (c) => {
    const { user, device } = c.get('account')
    deps.state.endDevice(user, device, deps.clock.now())
    return c.json({})
  })
  api.all('*', (c) => matrixError(c, 404, 'M_UNRECOGNIZED', 'The sample homeserver does not have this endpoint'))
  app.route('/_matrix/client/v3', api)
  app.route('/_matrix/client/r0', api)
  app.route('/_matrix/client/v1', api)
  app.notFound((c) => matrixError(c, 404, 'M_UNRECOGNIZED', 'The sample homeserver does not have this endpoint'))
  return app
}
