// What a person's page shows below who they are: each area of the console adds its line. Loaded when the page is opened.
import type { ComponentType } from 'preact'
import type { Permission } from '../../../server/console/permissions.ts'
import type { Locale } from '../../shared/locale.ts'

/** Whom a panel is about. */
export interface PanelPerson {
  /** `per_…` */
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly state: 'active' | 'suspended' | 'deleted'
}

export interface PersonPanel {
  /** Also its fragment: `/console/people/per_…#keys`. */
  readonly id: string
  /** Its heading. */
  readonly words: Readonly<Record<Locale, string>>
  /** Shown only to those who hold it. */
  readonly permission: Permission
  /** Not shown for people who were deleted, where nothing is left to see. */
  readonly unlessDeleted?: boolean
  readonly load: () => Promise<{ readonly default: ComponentType<{ readonly person: PanelPerson }> }>
}

/** In the order in which they are shown. */
export const PERSON_PANELS: readonly PersonPanel[] = [
  {
    id: 'keys',
    words: { fr: 'Clés de sécurité', en: 'Security keys' },
    permission: 'keys.read',
    load: () => import('../keys/person.tsx'),
  },
  {
    id: 'access',
    words: { fr: 'Accès', en: 'Access' },
    permission: 'keys.read',
    unlessDeleted: true,
    load: () => import('../enrol/panel.tsx'),
  },
  {
    id: 'alerts',
    words: { fr: 'Alertes', en: 'Alerts' },
    permission: 'watch.read',
    load: () => import('../alerts/person.tsx'),
  },
  {
    id: 'devices',
    words: { fr: 'Appareils', en: 'Devices' },
    permission: 'sessions.read',
    unlessDeleted: true,
    load: () => import('../sessions/person.tsx'),
  },
  {
    id: 'taps',
    words: { fr: 'Demandes et appuis', en: 'Prompts and taps' },
    permission: 'watch.read',
    load: () => import('../watch/person.tsx'),
  },
  {
    id: 'reading',
    words: { fr: 'Lecture', en: 'Reading' },
    permission: 'watch.read',
    unlessDeleted: true,
    load: () => import('../reading/panel.tsx'),
  },
  {
    id: 'incidents',
    words: { fr: 'Incidents', en: 'Incidents' },
    permission: 'watch.read',
    load: () => import('../incidents/panel.tsx'),
  },
  {
    id: 'audit',
    words: { fr: 'Journal d’audit', en: 'Audit log' },
    permission: 'audit.read',
    load: () => import('../audit/person.tsx'),
  },
]
