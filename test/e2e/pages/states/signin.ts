// The sign-in page.
import { camille, refused, type State } from './state.ts'

const signin = { client_name: 'Element', purpose: { kind: 'login' }, force_tap: false }

export const SIGNIN: readonly State[] = [
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
]
