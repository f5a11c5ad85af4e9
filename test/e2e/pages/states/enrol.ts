// The enrolment page.
import { camille, type State } from './state.ts'

const enrol = {
  kind: 'enrol',
  person: camille,
  policy: 'attested',
  keys: 0,
  uses_left: 1,
  expires_at: '2026-11-24T09:00:00.000Z',
}

export const ENROL: readonly State[] = [
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
    name: 'enrol-again',
    path: '/enrol/pet_1',
    answers: { '/api/enrol/context': { json: { ...enrol, kind: 'second', keys: 1 } } },
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
]
