// Every state that a page can be in, with the answers that put it there.
import { PERMISSIONS } from '../../../server/console/permissions.ts'
import type { Canned, PagesServer } from '../../support/pages-server.ts'

export interface State {
  readonly name: string
  readonly path: string
  readonly answers: Readonly<Record<string, Canned>>
  readonly prompts?: readonly unknown[]
  /** What to press, in turn, once it is drawn: selectors. */
  readonly press?: readonly string[]
  /** What shows that the state is reached. */
  readonly shows: string
}

const soon = () => new Date(Date.now() + 600_000).toISOString()
const camille = { username: 'camille', display_name: 'Camille Moreau' }
const device = {
  display_name: 'Element — poste de Camille',
  device_id: 'QJZKVXTRPM',
  client: 'Element 1.12 · Firefox · Linux',
  network: '192.0.2.0/24',
  signed_in_at: '2026-11-20T08:12:00.000Z',
}
const rooms = [
  { id: '!cellule-crise:exemple.fr', name: 'Cellule de crise' },
  { id: '!direction:exemple.fr', name: '\u202eللمنتدى evil \u2066 Direction générale' },
  { id: `!${'x'.repeat(120)}:exemple.fr`, name: 'Un nom de salon très long, '.repeat(12) },
  ...Array.from({ length: 9 }, (_, index) => ({
    id: `!salon-${index}:exemple.fr`,
    name: index % 2 ? null : `Salon ${index}`,
  })),
]
export const pending = {
  state: 'pending',
  device,
  asking: { client: device.client, network: device.network },
  rooms: rooms.slice(0, 1),
  rooms_total: 1,
  direction: 'backward',
  meter: 'archive',
  amounts: [{ meter: 'archive', units: 2000 }],
  lives_seconds: 28_800,
  reason: 'archive-exhausted',
  created_at: '2026-11-23T09:00:00.000Z',
  get expires_at() {
    return soon()
  },
  person: camille,
}
const approve = '/approve/apv_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'
const context = '/api/approvals/context'

const me = {
  person: { ...camille, role: 'owner' },
  console_uri: '/console',
  keys: [
    {
      id: 'key_1',
      name: 'Porte-clés',
      created_at: '2026-10-02T09:00:00.000Z',
      last_used_at: '2026-11-23T07:58:00.000Z',
      last_used_network: '192.0.2.0/24',
      last_used_client: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
      acr: 'phrh',
      version: 1,
      in_use: true,
    },
    {
      id: 'key_2',
      name: 'Tiroir du bureau',
      created_at: '2026-10-02T09:04:00.000Z',
      last_used_at: null,
      last_used_network: null,
      last_used_client: null,
      acr: 'phr',
      version: 2,
      in_use: false,
    },
  ],
  devices: [
    { id: 'dev_1', ...device, last_active_at: '2026-11-23T09:01:00.000Z', expires_at: '2026-11-23T20:12:00.000Z' },
    {
      id: 'dev_2',
      ...device,
      display_name: null,
      device_id: 'ZXLMNOQRST',
      client: 'Element X · Android',
      network: '2001:db8:7::/48',
      last_active_at: '2026-11-22T21:40:00.000Z',
      expires_at: '2026-11-24T08:00:00.000Z',
    },
  ],
  approvals: (['approved', 'denied', 'expired', 'pending'] as const).map((state, index) => ({
    id: `hash-${index}`,
    approval_uri: `/approve/apv_${index}`,
    state,
    device: device.display_name,
    rooms_total: index + 1,
    meter: 'archive',
    direction: 'backward',
    amounts: [{ meter: 'archive', units: 2000 }],
    created_at: '2026-11-22T14:00:00.000Z',
    decided_at: state === 'pending' ? null : '2026-11-22T14:01:00.000Z',
  })),
  meters: [
    { meter: 'archive', used: 640, limit: 1000, window_seconds: 3600 },
    { meter: 'archive', used: 1310, limit: 2000, window_seconds: 86_400 },
    { meter: 'archive', used: 5120, limit: 20_000, window_seconds: 2_592_000 },
    { meter: 'catch-up', used: 212, limit: 2000, window_seconds: 86_400 },
    { meter: 'media-bytes', used: 1_234_567_890, limit: 2_000_000_000, window_seconds: 3600 },
    { meter: 'key-backup', used: 300, limit: 300, window_seconds: 86_400 },
    { meter: 'rooms', used: 149, limit: 150, window_seconds: 86_400 },
  ],
}
const administrator = {
  id: 'per_1',
  username: 'camille',
  role: 'owner',
  permissions: PERMISSIONS,
}
const prompt = { ...me.approvals[3], created_at: '2026-11-23T09:05:00.000Z' }

const signin = { client_name: 'Element', purpose: { kind: 'login' }, force_tap: false }
const refused: Canned = { status: 429, reason: 'too-many-ceremonies' }
const enrol = {
  kind: 'enrol',
  person: camille,
  policy: 'attested',
  keys: 0,
  uses_left: 1,
  expires_at: '2026-11-24T09:00:00.000Z',
}

const services = [
  {
    id: 'svc_1',
    name: 'pont-irc',
    user_id: '@irc:exemple.fr',
    namespace: ['@_irc_*:exemple.fr'],
    networks: ['192.0.2.0/24', '2001:db8::/32'],
    rooms_total: 12,
    last_used_at: '2026-11-23T07:58:00.000Z',
    expires_at: '2026-12-01T09:00:00.000Z',
    expired: false,
  },
  {
    id: 'svc_2',
    name: 'un-nom-de-service-vraiment-tres-tres-long-pour-un-petit-ecran',
    user_id: '@bot:exemple.fr',
    namespace: [],
    networks: ['192.0.2.7'],
    rooms_total: null,
    last_used_at: null,
    expires_at: '2026-11-01T09:00:00.000Z',
    expired: true,
  },
]

const release = (state: string) => ({
  id: `rel_${state}`,
  typ: 'export-release',
  state,
  reason: 'Enquête 2026-117, \u202eà la demande du parquet',
  subject: 'camille',
  rooms_total: 2,
  max_events: 50_000,
  used: state === 'granted' ? 1_200 : null,
  lives_seconds: 86_400,
  requested_by: 'Ada Lovelace',
  first: state === 'requested' ? null : 'Ada Lovelace',
  second: state === 'granted' ? 'Blaise Pascal' : null,
  created_at: '2026-11-23T09:00:00.000Z',
  expires_at: '2026-11-24T09:00:00.000Z',
  granted_until: state === 'granted' ? '2026-11-24T10:00:00.000Z' : null,
  can_withdraw: state === 'granted' || state === 'awaiting-second',
})

function releaseIn(state: string, you: { tap: 'first' | 'second' | null; why: string | null }, shows: string): State {
  const intent = JSON.stringify({
    typ: 'export-release',
    subject: { person: 'per_1', username: 'camille', user_id: '@camille:exemple.fr' },
    device: { key: 'dev_1', id: device.device_id, name: device.display_name, client: device.client },
    network: '192.0.2.0/24',
    rooms: ['!cellule-crise:exemple.fr', `!${'x'.repeat(120)}:exemple.fr`],
    dates: { from: 1_767_222_000, until: 1_775_001_600 },
    max_events: 50_000,
    lives_seconds: 86_400,
    reason: 'Enquête 2026-117',
  })
  return {
    name: `release-${state}-${you.tap ?? you.why}`,
    path: '/console/release/rel_1',
    answers: {
      '/api/releases/context': { json: { ...release(state), intent, you: { username: 'blaise', ...you } } },
    },
    shows,
  }
}

export const STATES: readonly State[] = [
  {
    name: 'signin',
    path: '/signin?transaction=ptx_1',
    answers: { '/api/signin/context': { json: signin } },
    shows: '[data-action=tap]',
  },
  {
    name: 'signin-named',
    path: '/signin?return_to=%2Fme',
    answers: { '/api/signin/context': { json: { ...signin, client_name: null, purpose: null } } },
    press: ['button.quiet:not([lang])', '[data-action=tap]'],
    shows: '#username-wrong',
  },
  {
    name: 'signin-uia',
    path: '/signin?transaction=ptx_1',
    answers: {
      '/api/signin/context': {
        json: {
          client_name: 'Synapse',
          force_tap: true,
          person: camille,
          purpose: { kind: 'uia', action: 'delete-device', subject: 'QJZKVXTRPM', device: 'Element, Firefox' },
        },
      },
    },
    shows: '#purpose',
  },
  {
    name: 'signin-pass',
    path: '/signin?transaction=ptx_1',
    answers: {
      '/api/signin/context': { json: signin },
      '/api/signin/pass': { status: 401, reason: 'pass-refused' },
    },
    press: ['#shared', '[data-action=pass]', 'form[data-form=pass] button[type=submit]'],
    shows: '#code-wrong',
  },
  {
    name: 'signin-refused',
    path: '/signin?transaction=ptx_1',
    answers: { '/api/signin/context': { json: signin }, '/api/signin/options': refused },
    press: ['[data-action=tap]'],
    shows: '[data-reason=too-many-ceremonies]',
  },
  {
    name: 'signin-expired',
    path: '/signin?transaction=ptx_1',
    answers: { '/api/signin/context': { status: 410, reason: 'transaction-gone' } },
    shows: '[data-reason=transaction-gone]',
  },
  {
    name: 'enrol-setup',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: { ...enrol, kind: 'setup', person: null, policy: 'any' } } },
    shows: '#username',
  },
  {
    name: 'enrol-setup-wrong',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: { ...enrol, kind: 'setup', person: null, policy: 'any' } } },
    press: ['[data-action=tap]'],
    shows: '#username-wrong',
  },
  {
    name: 'enrol',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: enrol } },
    shows: '[data-action=tap]',
  },
  {
    name: 'enrol-self',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: { ...enrol, kind: 'self', policy: 'device-bound' } } },
    shows: '[data-action=tap]',
  },
  {
    name: 'enrol-desk',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: { ...enrol, kind: 'desk' } } },
    shows: '#key_name',
  },
  {
    name: 'enrol-proof',
    path: '/enrol/pet_1?refused=proof-other-person',
    answers: { '/api/enrol/context': { json: { ...enrol, person: null, awaits_proof: true } } },
    shows: '[data-reason=proof-other-person]',
  },
  {
    name: 'enrol-used',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { status: 410, reason: 'ticket-used' } },
    shows: '[data-reason=ticket-used]',
  },
  {
    name: 'approve-signin',
    path: approve,
    answers: { [context]: { status: 401, reason: 'signin-required' } },
    shows: '[data-state=signin]',
  },
  ...Object.entries({
    files: {
      ...{ meter: 'media-files', direction: 'media', reason: 'media-files-exhausted', rooms: [], rooms_total: 0 },
      amounts: [
        { meter: 'media-bytes', units: 2_000_000_000 },
        { meter: 'media-files', units: 300 },
      ],
    },
    backup: {
      ...{ meter: 'key-backup', direction: 'key-backup', reason: 'key-backup-exhausted', rooms: [], rooms_total: 0 },
      amounts: [{ meter: 'key-backup', units: 3214 }],
    },
    search: {
      ...{ direction: 'search', reason: 'rooms-exhausted', rooms: [{ id: '*', name: null }] },
      amounts: [{ meter: 'archive', units: 2000 }],
    },
    push: {
      ...{ meter: 'pushers', direction: 'push', reason: 'pushers-exhausted', rooms: [], rooms_total: 0 },
      amounts: [{ meter: 'pushers', units: 1 }],
    },
  }).map(([what, asked]) => ({
    name: `approve-${what}`,
    path: approve,
    answers: { [context]: { json: { ...pending, ...asked } } },
    shows: '[data-state=pending]',
  })),
  { name: 'approve-pending', path: approve, answers: { [context]: { json: pending } }, shows: '[data-state=pending]' },
  {
    name: 'approve-elsewhere',
    path: approve,
    answers: {
      [context]: {
        json: {
          ...pending,
          asking: { client: 'curl/8.14', network: '198.51.100.0/24' },
          rooms,
          rooms_total: 876,
          reason: 'idle',
        },
      },
    },
    press: ['summary'],
    shows: 'details[open]',
  },
  {
    name: 'approve-not-me',
    path: approve,
    answers: { [context]: { json: pending } },
    press: ['[data-action=not-me]'],
    shows: '.confirm',
  },
  {
    name: 'approve-ended',
    path: approve,
    answers: {
      [context]: { status: 401, reason: 'signin-required' },
      '/api/approvals/not-me': { json: { state: 'denied', device_ended: true } },
    },
    press: ['[data-action=not-me]', '.confirm [data-action=not-me]'],
    shows: '[data-state=ended]',
  },
  {
    name: 'approve-refused',
    path: approve,
    answers: { [context]: { json: pending }, '/api/approvals/options': refused },
    press: ['[data-action=tap]'],
    shows: '[data-reason]',
  },
  {
    name: 'approve-approved',
    path: approve,
    answers: { [context]: { json: { ...pending, state: 'approved' } } },
    shows: '[data-state=approved]',
  },
  {
    name: 'approve-denied',
    path: approve,
    answers: {
      [context]: { json: pending },
      '/api/approvals/deny': { json: { state: 'denied', device_ended: false } },
    },
    press: ['[data-action=deny]'],
    shows: '[data-state=denied]',
  },
  {
    name: 'approve-denied-thrice',
    path: approve,
    answers: { [context]: { json: pending }, '/api/approvals/deny': { json: { state: 'denied', device_ended: true } } },
    press: ['[data-action=deny]'],
    shows: '[data-state=ended]',
  },
  {
    name: 'approve-expired',
    path: approve,
    answers: { [context]: { json: { ...pending, state: 'expired' } } },
    shows: '[data-state=expired]',
  },
  {
    name: 'approve-other',
    path: approve,
    answers: { [context]: { status: 403, reason: 'other-person' } },
    shows: '[data-state=other]',
  },
  {
    name: 'approve-failed',
    path: approve,
    answers: { [context]: { status: 500, reason: 'internal' } },
    shows: '[data-state=failed]',
  },
  { name: 'me', path: '/me', answers: { '/api/me/context': { json: me } }, shows: '#meters' },
  {
    name: 'me-prompt',
    path: '/me',
    answers: { '/api/me/context': { json: me } },
    prompts: [prompt],
    shows: '[data-action=look]',
  },
  {
    name: 'me-ending',
    path: '/me',
    answers: { '/api/me/context': { json: me } },
    press: ['[data-action=end-device]'],
    shows: '.confirm',
  },
  {
    name: 'me-stale-tap',
    path: '/me',
    answers: { '/api/me/context': { json: me }, '/api/me/add-key': { status: 401, reason: 'fresh-tap-required' } },
    press: ['[data-action=add-key]'],
    shows: '[aria-labelledby=keys] [data-action=tap]',
  },
  {
    name: 'me-renaming',
    path: '/me',
    answers: { '/api/me/context': { json: me } },
    press: ['[data-action=rename-key]'],
    shows: '[data-action=save-name]',
  },
  {
    name: 'me-losing-only-key',
    path: '/me',
    answers: { '/api/me/context': { json: { ...me, keys: me.keys.slice(0, 1) } } },
    press: ['[data-action=report-lost]'],
    shows: '.confirm strong',
  },
  {
    name: 'me-lost',
    path: '/me',
    answers: {
      '/api/me/context': { json: me },
      '/api/me/report-lost': { json: { signed_out: true, keys: 1 } },
    },
    press: ['[data-action=report-lost]', '.confirm [data-action=report-lost]'],
    shows: '[data-lost=one-left]',
  },
  {
    name: 'me-lost-last',
    path: '/me',
    answers: {
      '/api/me/context': { json: { ...me, keys: me.keys.slice(0, 1) } },
      '/api/me/report-lost': { json: { signed_out: true, keys: 0 } },
    },
    press: ['[data-action=report-lost]', '.confirm [data-action=report-lost]'],
    shows: '[data-lost=none-left]',
  },
  {
    name: 'me-last-owner',
    path: '/me',
    answers: {
      '/api/me/context': { json: { ...me, keys: me.keys.slice(0, 1) } },
      '/api/me/report-lost': { status: 409, reason: 'last-owner' },
    },
    press: ['[data-action=report-lost]', '.confirm [data-action=report-lost]'],
    shows: '[data-reason=last-owner]',
  },
  {
    name: 'me-empty',
    path: '/me',
    answers: {
      '/api/me/context': { json: { ...me, keys: me.keys.slice(0, 1), devices: [], approvals: [], meters: [] } },
    },
    shows: '#meters',
  },
  {
    name: 'me-failed',
    path: '/me',
    answers: { '/api/me/context': { status: 500, reason: 'internal' } },
    shows: '[data-reason=internal]',
  },
  {
    name: 'console',
    path: '/console',
    answers: {
      '/api/console/me/show': { json: administrator },
      '/api/console/watch/now': { json: { held: { pending: 0 } } },
    },
    shows: '.page',
  },
  {
    name: 'console-person',
    path: '/console',
    answers: { '/api/console/me/show': { status: 403, reason: 'administrators-only' } },
    shows: '.lead',
  },
  {
    name: 'me-services',
    path: '/me',
    answers: { '/api/me/context': { json: me }, '/api/services/list': { json: { services } } },
    shows: '#services',
  },
  {
    name: 'me-renewing',
    path: '/me',
    answers: {
      '/api/me/context': { json: me },
      '/api/services/list': { json: { services } },
      '/api/services/renewal': {
        json: { renewal: 'ren_1', service: services[0], until: '2027-02-21T09:00:00.000Z' },
      },
    },
    press: ['[data-service="pont-irc"] [data-action=renew]'],
    shows: '.confirm [data-action=tap]',
  },
  {
    name: 'releases',
    path: '/console/release',
    answers: { '/api/releases/list': { json: { releases: [release('awaiting-second'), release('granted')] } } },
    shows: '[data-state=list] .items',
  },
  {
    name: 'releases-none',
    path: '/console/release',
    answers: { '/api/releases/list': { json: { releases: [] } } },
    shows: '[data-form=release]',
  },
  {
    name: 'release-outage-form',
    path: '/console/release',
    answers: { '/api/releases/list': { json: { releases: [] } } },
    press: ['input[value=enforcement-off]'],
    shows: '[data-form=release] #hours',
  },
  {
    name: 'release-refused',
    path: '/console/release',
    answers: { '/api/releases/list': { status: 403, reason: 'owners-only' } },
    shows: '[data-reason=owners-only]',
  },
  releaseIn('requested', { tap: 'first', why: null }, '[data-tap=first]'),
  releaseIn('awaiting-second', { tap: 'second', why: null }, '[data-tap=second]'),
  releaseIn('awaiting-second', { tap: null, why: 'same-person' }, '#link'),
  releaseIn('awaiting-second', { tap: null, why: 'subject-person' }, '[data-why=subject-person]'),
  releaseIn('granted', { tap: null, why: 'already-decided' }, '[data-state=granted]'),
  releaseIn('withdrawn', { tap: null, why: 'already-decided' }, '[data-state=withdrawn]'),
  releaseIn('expired', { tap: null, why: 'release-expired' }, '[data-state=expired]'),
]

/** Puts a page into a state. */
export function prepare(server: PagesServer, state: State): void {
  server.reset()
  for (const [path, canned] of Object.entries(state.answers)) server.answer(path, canned)
  server.prompt(state.prompts ?? [])
}
