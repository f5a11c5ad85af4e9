// The approval page.
import { camille, device, refused, type State } from './state.ts'

const soon = () => new Date(Date.now() + 600_000).toISOString()
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

export const APPROVE: readonly State[] = [
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
]
