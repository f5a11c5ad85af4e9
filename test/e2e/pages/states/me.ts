// A person's own page: keys, devices, approvals, what counts, and the services that they answer for.
import { camille, device, type State } from './state.ts'

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
  revoked_keys: [{ id: 'key_0', name: 'Ancienne clé', revoked_at: '2026-11-20T16:30:00.000Z' }],
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
const prompt = { ...me.approvals[3], created_at: '2026-11-23T09:05:00.000Z' }

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

export const ME: readonly State[] = [
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
]
