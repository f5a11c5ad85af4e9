// Where Synapse and the route table do not meet, each with the reason.

/** `METHOD path` that a pattern of Synapse's takes, without a row. What is refused because nobody decided about it is not here. */
export const NO_ROW: Readonly<Record<string, string>> = Object.fromEntries(
  ['api/v1', 'r0', 'v3', 'unstable'].flatMap((prefix) => {
    const rule = `/_matrix/client/${prefix}/pushrules`
    const incomplete = ['/', '/example', '/example/', '/example/example', '/example/example/'].flatMap((rest) => [
      `PUT ${rule}${rest}`,
      `DELETE ${rule}${rest}`,
    ])
    const part = `DELETE ${rule}/example/example/example/example`
    return [
      ...incomplete.map((one) => [
        one,
        'Synapse refuses it itself: a rule that is written has a scope, a kind and an id',
      ]),
      [part, 'Synapse refuses it itself: a rule is deleted whole'],
    ]
  }),
)

const GONE = 'older releases serve it, and a homeserver before this one may'
const OTHERS = 'other homeservers serve it, and a later Synapse may'
const SETTLED = 'the settled form of what Synapse still serves under its unstable name'

const OURS = "the gateway's own"

/** `METHOD row` that Synapse does not serve. */
export const NOT_SERVED: Readonly<Record<string, string>> = {
  'GET unstable.threads': GONE,
  'POST sync.sliding.msc3575': OTHERS,
  'POST sync.sliding.v4': SETTLED,
  'GET unstable.timestamp_to_event': GONE,
  'GET unstable.hierarchy': GONE,
  'GET mutual_rooms': OTHERS,
  'GET unstable.mutual_rooms': GONE,
  'GET unstable.media.download': GONE,
  'GET unstable.media.download.name': GONE,
  'GET unstable.media.thumbnail': GONE,
  'POST keys.upload.device': GONE,
  'GET auth.sso': "one value of Synapse's parameter, which has a row of its own",
  'PUT rooms.state.put.member': "one value of Synapse's parameter, which has a row of its own",
  'POST unstable.login.get_token': GONE,
  'GET rendezvous.session': OTHERS,
  'PUT rendezvous.session': OTHERS,
  'DELETE rendezvous.session': OTHERS,
  'POST rendezvous.msc3886': GONE,
  'GET unstable.auth_issuer': GONE,
  'POST account.password.msisdn': GONE,
  'POST unstable.keys.device_signing': OTHERS,
  'DELETE account_data': OTHERS,
  'DELETE account_data.room': OTHERS,
  'GET pushrules': OTHERS,
  'GET rtc.transports.v1': SETTLED,
  'GET admin.suspend': OTHERS,
  'PUT admin.suspend': OTHERS,
  'GET admin.lock': OTHERS,
  'PUT admin.lock': OTHERS,
  'GET well-known.support': OTHERS,
  'GET palier': OURS,
  'POST palier': OURS,
  'PUT palier': OURS,
  'DELETE palier': OURS,
}
