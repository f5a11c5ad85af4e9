// What the overview shows: a panel an area, each with a permission of its own. A panel draws nothing when nothing needs attention.
import type { ComponentType } from 'preact'
import type { Permission } from '../../../server/console/permissions.ts'

export interface HomePanel {
  readonly id: string
  readonly permission: Permission
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

/** In the order of urgency. */
export const PANELS: readonly HomePanel[] = [
  { id: 'alerts', permission: 'watch.read', load: () => import('../alerts/home.tsx') },
  { id: 'held', permission: 'watch.read', load: () => import('../watch/home.tsx') },
  { id: 'acts', permission: 'people.read', load: () => import('../acts/home.tsx') },
  { id: 'first-steps', permission: 'roles.write', load: () => import('./first-steps.tsx') },
  { id: 'keys', permission: 'keys.read', load: () => import('../keys/home.tsx') },
]
