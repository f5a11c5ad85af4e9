// The console as it opens. Its pages have tests of their own.
import { PERMISSIONS } from '../../../../server/console/permissions.ts'
import type { State } from './state.ts'

const administrator = {
  id: 'per_1',
  username: 'camille',
  role: 'owner',
  permissions: PERMISSIONS,
}

export const CONSOLE: readonly State[] = [
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
]
