// Releases by two administrators.
import { device, type State } from './state.ts'

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

export const RELEASE: readonly State[] = [
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
