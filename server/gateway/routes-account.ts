// Routes on the account and its devices: signing in and out, user-interactive authentication, account data, push.
import type { Row } from './routes.ts'

/** Rows of one treatment that count nothing. */
const rows =
  (treatment: Row['treatment'], more: Pick<Row, 'anonymous' | 'absent'> = {}) =>
  (id: string, methods: Row['methods'], pattern: string, reason: string, prefix: Row['prefix'] = 'client'): Row => ({
    id,
    methods,
    prefix,
    pattern,
    unit: null,
    treatment,
    reason,
    ...more,
  })
const control = rows('control')
const refused = rows('refused', { anonymous: true })
const absent = rows('refused', { anonymous: true, absent: true })
const passed = rows('passed')

const ISSUES = 'Palier issues the tokens that clients hold'
const ONLY_KEYS = 'the only way in is a security key'
const UIA = 'user-interactive authentication is a tap that names the action'
const OTHER_DOOR = 'would hand a session to another device without a tap'
const OWN = "the account's own settings; carries no history"
const PUSH = 'push carries new events, never history'

const SIGN_IN: readonly Row[] = [
  {
    ...control('login.flows', ['GET'], 'login', 'lists what is true behind the gateway: single sign-on'),
    anonymous: true,
  },
  { ...control('login', ['POST'], 'login', `${ISSUES}; only its own login tokens are taken`), anonymous: true },
  {
    ...control('login.sso', ['GET'], 'login/sso/redirect', 'starts a login that is bound end to end'),
    anonymous: true,
  },
  {
    ...control('login.sso.idp', ['GET'], 'login/sso/redirect/{idpId}', 'starts a login that is bound end to end'),
    anonymous: true,
  },
  { ...control('refresh', ['POST'], 'refresh', ISSUES), anonymous: true },
  control('logout', ['POST'], 'logout', ISSUES),
  control('logout.all', ['POST'], 'logout/all', ISSUES),
  { ...control('auth.sso', ['GET'], 'auth/m.login.sso/fallback/web', UIA), anonymous: true },
  refused('auth.fallback', ['GET', 'POST'], 'auth/{authType}/fallback/web', ONLY_KEYS),
  absent('login.get_token', ['POST'], 'login/get_token', OTHER_DOOR, 'client-v1'),
  absent('unstable.login.get_token', ['POST'], 'org.matrix.msc3882/login/get_token', OTHER_DOOR, 'client-unstable'),
  absent('unstable.login.token', ['POST'], 'org.matrix.msc3882/login/token', OTHER_DOOR, 'client-unstable'),
  absent('rendezvous', ['POST'], 'org.matrix.msc4108/rendezvous', OTHER_DOOR, 'client-unstable'),
  absent(
    'rendezvous.session',
    ['GET', 'PUT', 'DELETE'],
    'org.matrix.msc4108/rendezvous/{session}',
    OTHER_DOOR,
    'client-unstable',
  ),
  absent('rendezvous.msc3886', ['POST'], 'org.matrix.msc3886/rendezvous', OTHER_DOOR, 'client-unstable'),
  absent('rendezvous.msc4388', ['GET', 'POST'], 'io.element.msc4388/rendezvous', OTHER_DOOR, 'client-unstable'),
  absent(
    'rendezvous.msc4388.session',
    ['GET', 'PUT', 'DELETE'],
    'io.element.msc4388/rendezvous/{session}',
    OTHER_DOOR,
    'client-unstable',
  ),
  refused('register', ['POST'], 'register', 'accounts come from id, at the first sign-in with a key'),
  refused('register.available', ['GET'], 'register/available', 'accounts come from id; would list who exists'),
  refused('register.email', ['POST'], 'register/email/requestToken', 'accounts come from id'),
  refused('register.msisdn', ['POST'], 'register/msisdn/requestToken', 'accounts come from id'),
  refused(
    'register.token',
    ['GET'],
    'register/m.login.registration_token/validity',
    'accounts come from id',
    'client-v1',
  ),
  absent(
    'auth_metadata',
    ['GET'],
    'auth_metadata',
    'there is no authorization server for clients in this mode',
    'client-v1',
  ),
  absent(
    'unstable.auth_metadata',
    ['GET'],
    'org.matrix.msc2965/auth_metadata',
    'there is no authorization server for clients in this mode',
    'client-unstable',
  ),
  absent(
    'unstable.auth_issuer',
    ['GET'],
    'org.matrix.msc2965/auth_issuer',
    'there is no authorization server for clients in this mode',
    'client-unstable',
  ),
  refused('login.cas', ['GET'], 'login/cas/{step}', ONLY_KEYS),
  refused('tokenrefresh', ['POST'], 'tokenrefresh', ISSUES),
  absent(
    'unstable.auth_metadata.v1',
    ['GET'],
    'auth_metadata',
    'there is no authorization server for clients in this mode',
    'client-unstable',
  ),
  refused(
    'unstable.register.token',
    ['GET'],
    'register/m.login.registration_token/validity',
    'accounts come from id',
    'client-unstable',
  ),
  refused('registration.submit', ['GET'], 'registration/{medium}/submit_token', 'accounts come from id'),
  refused('account_validity.renew', ['GET'], 'account_validity/renew', 'accounts come from id'),
  refused('account_validity.mail', ['POST'], 'account_validity/send_mail', 'accounts come from id'),
  refused('password_policy', ['GET'], 'password_policy', ONLY_KEYS),
  refused('account.password', ['POST'], 'account/password', ONLY_KEYS),
  refused('account.password.email', ['POST'], 'account/password/email/requestToken', ONLY_KEYS),
  refused('account.password.msisdn', ['POST'], 'account/password/msisdn/requestToken', ONLY_KEYS),
]

const DEVICES: readonly Row[] = [
  passed('devices', ['GET'], 'devices', OWN),
  passed('devices.one', ['GET', 'PUT'], 'devices/{deviceId*}', OWN),
  control('devices.delete', ['DELETE'], 'devices/{deviceId*}', UIA),
  control('devices.delete.many', ['POST'], 'delete_devices', UIA),
  control('keys.device_signing', ['POST'], 'keys/device_signing/upload', UIA),
  control('unstable.keys.device_signing', ['POST'], 'keys/device_signing/upload', UIA, 'client-v1'),
  control('account.deactivate', ['POST'], 'account/deactivate', UIA),
  control('account.3pid.add', ['POST'], 'account/3pid/add', UIA),
  passed('account.3pid', ['GET'], 'account/3pid', OWN),
  refused('account.3pid.post', ['POST'], 'account/3pid', 'deprecated: binds an address without the person'),
  refused('account.3pid.bind', ['POST'], 'account/3pid/bind', 'identity servers are not part of this deployment'),
  passed('account.3pid.delete', ['POST'], 'account/3pid/delete', OWN),
  passed('account.3pid.unbind', ['POST'], 'account/3pid/unbind', OWN),
  {
    ...passed(
      'account.3pid.submit',
      ['GET', 'POST'],
      'add_threepid/{medium}/submit_token',
      'the link of a confirmation that was mailed',
    ),
    anonymous: true,
  },
  passed('account.3pid.email', ['POST'], 'account/3pid/email/requestToken', OWN),
  passed('account.3pid.msisdn', ['POST'], 'account/3pid/msisdn/requestToken', OWN),
  absent(
    'dehydrated_device',
    ['GET', 'PUT', 'DELETE'],
    'org.matrix.msc3814.v1/dehydrated_device',
    'a second device that no tap opened, with room keys of its own',
    'client-unstable',
  ),
  absent(
    'dehydrated_device.events',
    ['GET', 'POST'],
    'org.matrix.msc3814.v1/dehydrated_device/{deviceId*}/events',
    'room keys sent to a device that no tap opened',
    'client-unstable',
  ),
]

const ACCOUNT: readonly Row[] = [
  passed('whoami', ['GET'], 'account/whoami', OWN),
  control('capabilities', ['GET'], 'capabilities', 'rewritten: m.get_login_token and password changes are off'),
  passed('filter.create', ['POST'], 'user/{userId*}/filter', OWN),
  passed('filter', ['GET'], 'user/{userId*}/filter/{filterId}', OWN),
  passed('account_data', ['GET', 'PUT', 'DELETE'], 'user/{userId*}/account_data/{type*}', OWN),
  passed(
    'account_data.delete',
    ['DELETE'],
    'org.matrix.msc3391/user/{userId*}/account_data/{type*}',
    OWN,
    'client-unstable',
  ),
  passed('account_data.room', ['GET', 'PUT', 'DELETE'], 'user/{userId*}/rooms/{roomId}/account_data/{type*}', OWN),
  passed(
    'account_data.room.delete',
    ['DELETE'],
    'org.matrix.msc3391/user/{userId*}/rooms/{roomId}/account_data/{type*}',
    OWN,
    'client-unstable',
  ),
  passed('tags', ['GET'], 'user/{userId*}/rooms/{roomId}/tags', OWN),
  passed('tags.write', ['PUT', 'DELETE'], 'user/{userId*}/rooms/{roomId}/tags/{tag*}', OWN),
  refused(
    'openid',
    ['POST'],
    'user/{userId*}/openid/request_token',
    "hands out a token of the homeserver's own making",
  ),
  passed('presence', ['GET', 'PUT'], 'presence/{userId*}/status', OWN),
  passed('users.report', ['POST'], 'users/{userId*}/report', OWN),
  passed('pushers', ['GET'], 'pushers', PUSH),
  {
    ...passed(
      'pushers.set',
      ['POST'],
      'pushers/set',
      "an address that is neither known nor the operator's takes a tap",
    ),
    treatment: 'metered',
    unit: 'pushers',
  },
  refused('pushers.remove', ['GET'], 'pushers/remove', "a link that carries a token of the homeserver's own making"),
  passed('pushrules', ['GET'], 'pushrules', PUSH),
  passed('pushrules.slash', ['GET'], 'pushrules/', PUSH),
  passed('pushrules.scope', ['GET'], 'pushrules/{scope}', PUSH),
  passed('pushrules.scope.slash', ['GET'], 'pushrules/{scope}/', PUSH),
  passed('pushrules.kind', ['GET'], 'pushrules/{scope}/{kind}', PUSH),
  passed('pushrules.kind.slash', ['GET'], 'pushrules/{scope}/{kind}/', PUSH),
  passed('pushrules.rule', ['GET', 'PUT', 'DELETE'], 'pushrules/{scope}/{kind}/{ruleId*}', PUSH),
  passed('pushrules.rule.part', ['GET', 'PUT'], 'pushrules/{scope}/{kind}/{ruleId*}/{part}', PUSH),
  passed('voip', ['GET'], 'voip/turnServer', OWN),
  passed('rtc.transports', ['GET'], 'org.matrix.msc4143/rtc/transports', OWN, 'client-unstable'),
  passed('rtc.transports.v1', ['GET'], 'rtc/transports', OWN, 'client-v1'),
  passed('thirdparty.protocols', ['GET'], 'thirdparty/protocols', OWN),
  passed('thirdparty.protocol', ['GET'], 'thirdparty/protocol/{protocol}', OWN),
  absent(
    'unstable.account_status',
    ['POST'],
    'org.matrix.msc3720/account_status',
    'tells of any number of accounts whether they exist',
    'client-unstable',
  ),
  refused('admin.whois', ['GET'], 'admin/whois/{userId*}', 'administration of the homeserver is not public'),
  refused(
    'admin.suspend',
    ['GET', 'PUT'],
    'admin/suspend/{userId*}',
    'administration of the homeserver is not public',
    'client-v1',
  ),
  refused(
    'admin.lock',
    ['GET', 'PUT'],
    'admin/lock/{userId*}',
    'administration of the homeserver is not public',
    'client-v1',
  ),
  refused(
    'directory.appservice',
    ['PUT', 'DELETE'],
    'directory/list/appservice/{networkId}/{roomId}',
    'application services have a listener of their own',
  ),
  refused(
    'unstable.appservice.ping',
    ['POST'],
    'appservice/{appserviceId}/ping',
    'application services have a listener of their own',
    'client-unstable',
  ),
  refused(
    'unstable.appservice.fed_proxy',
    ['POST'],
    'io.element.msc4512/appservice/fed_proxy',
    'application services have a listener of their own',
    'client-unstable',
  ),
  refused(
    'appservice.ping',
    ['POST'],
    'appservice/{appserviceId}/ping',
    'application services have a listener of their own',
    'client-v1',
  ),
]

export const ACCOUNT_ROUTES: readonly Row[] = [...SIGN_IN, ...DEVICES, ...ACCOUNT]
