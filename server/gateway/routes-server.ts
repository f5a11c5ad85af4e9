// Routes outside the client-server API's own tree: discovery, what only servers call, Synapse's own pages and administration.
import type { Method, Row } from './routes.ts'

const ANY: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE']
const SERVERS = 'only other servers call it'
const NOT_PUBLIC = 'reads rooms and people without any limit: never public'
const DETOUR = 'a detour of the sign-in that Synapse takes only when it is set up otherwise (palier doctor checks)'

const root = (
  id: string,
  methods: readonly Method[],
  pattern: string,
  treatment: Row['treatment'],
  reason: string,
): Row => ({
  id,
  methods,
  prefix: 'root',
  pattern,
  unit: null,
  treatment,
  reason,
  anonymous: true,
})

export const SERVER_ROUTES: readonly Row[] = [
  root(
    'versions',
    ['GET'],
    '_matrix/client/versions',
    'control',
    'rewritten: features whose routes are refused are taken out',
  ),
  root('well-known.client', ['GET'], '.well-known/matrix/client', 'control', "answers the gateway's own address"),
  root('well-known.support', ['GET'], '.well-known/matrix/support', 'passed', "the operator's contact"),
  { ...root('well-known.server', ['GET'], '.well-known/matrix/server', 'closed', SERVERS), serverRoute: true },
  { ...root('federation', ANY, '_matrix/federation/**', 'closed', SERVERS), serverRoute: true },
  { ...root('server-keys', ANY, '_matrix/key/**', 'closed', SERVERS), serverRoute: true },
  root(
    'sso.callback',
    ['GET'],
    '_synapse/client/oidc/callback',
    'control',
    'takes the login token out of the redirect',
  ),
  root('sso.callback.post', ['POST'], '_synapse/client/oidc/callback', 'refused', 'id answers by a redirect'),
  root(
    'sso.backchannel',
    ['POST'],
    '_synapse/client/oidc/backchannel_logout',
    'passed',
    "id's signed logout token, for the homeserver",
  ),
  root('palier', ANY, 'palier/**', 'control', "the gateway's own pages"),
  root('pick_idp', ['GET'], '_synapse/client/pick_idp', 'refused', 'there is one identity provider'),
  root('pick_username', ANY, '_synapse/client/pick_username/**', 'refused', DETOUR),
  root('new_user_consent', ANY, '_synapse/client/new_user_consent', 'refused', DETOUR),
  root('sso_register', ANY, '_synapse/client/sso_register', 'refused', DETOUR),
  root('password_reset', ANY, '_synapse/client/password_reset/**', 'refused', 'the only way in is a security key'),
  root(
    'static',
    ANY,
    '_matrix/static/**',
    'refused',
    'a login page of the homeserver, always on its redirect allow-list',
  ),
  root('static.index', ANY, '_matrix/static', 'refused', 'a page of the homeserver'),
  root(
    'media_upload_limit',
    ['GET'],
    '_synapse/client/media_upload_limit_exceeded',
    'refused',
    'a page of the homeserver; the answer to the upload says the same',
  ),
  {
    ...root(
      'rendezvous.synapse',
      ANY,
      '_synapse/client/rendezvous',
      'refused',
      'would hand a session to another device without a tap',
    ),
    absent: true,
  },
  root(
    'unsubscribe',
    ANY,
    '_synapse/client/unsubscribe',
    'refused',
    "a link that carries a token of the homeserver's own making",
  ),
  {
    id: 'federation_whitelist',
    methods: ['GET'],
    prefix: 'root',
    pattern: '_synapse/client/v1/config/federation_whitelist',
    unit: null,
    treatment: 'passed',
    reason: 'names of servers, no people',
  },
  root('consent', ANY, '_matrix/consent', 'refused', 'no consent at registration (palier doctor checks)'),
  root('synapse.admin', ANY, '_synapse/admin/**', 'closed', NOT_PUBLIC),
  root('synapse.mas', ANY, '_synapse/mas/**', 'closed', NOT_PUBLIC),
  root('synapse.replication', ANY, '_synapse/replication/**', 'closed', NOT_PUBLIC),
  root('synapse.metrics', ANY, '_synapse/metrics', 'closed', 'for the operator, not for clients'),
]
