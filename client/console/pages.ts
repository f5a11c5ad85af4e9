// Every page of the console: its address under /console, who may see it, where it stands in the navigation, and its code, loaded
// when it is opened. Navigation and router are made from this list.
import type { ComponentType } from 'preact'
import type { Permission } from '../../server/console/permissions.ts'
import type { Locale } from '../shared/locale.ts'

/** The navigation's groups, in their order. */
export const GROUPS = ['overview', 'people', 'watch', 'rules', 'proof'] as const
export type Group = (typeof GROUPS)[number]

export interface ConsolePage {
  /** Under /console, as wouter writes it: `/people/:id`. */
  readonly path: string
  /** Without it the page is neither shown nor opened. */
  readonly permission: Permission
  /** A module whose default export draws the page. Parameters of the path come from wouter's `useParams()`. */
  readonly load: () => Promise<{ readonly default: ComponentType }>
  /** In the navigation; absent: reached from other pages. */
  readonly nav?: {
    readonly group: Group
    readonly title: Readonly<Record<Locale, string>>
    /** `g`, then this letter, goes there. One page a letter. */
    readonly key?: string
    /** Beside the title: how much of it waits for the reader. Draws nothing when nothing does. */
    readonly badge?: () => Promise<{ readonly default: ComponentType }>
  }
}

export const PAGES: readonly ConsolePage[] = [
  {
    path: '/',
    permission: 'people.read',
    load: () => import('./home/page.tsx'),
    nav: { group: 'overview', title: { fr: 'Vue d’ensemble', en: 'Overview' }, key: 'h' },
  },
  {
    path: '/people',
    permission: 'people.read',
    load: () => import('./people/page.tsx'),
    nav: { group: 'people', title: { fr: 'Personnes', en: 'People' }, key: 'p' },
  },
  { path: '/people/import', permission: 'people.write', load: () => import('./people/import.tsx') },
  { path: '/people/:id', permission: 'people.read', load: () => import('./people/person.tsx') },
  {
    path: '/groups',
    permission: 'people.read',
    load: () => import('./people/groups.tsx'),
    nav: { group: 'people', title: { fr: 'Groupes', en: 'Groups' }, key: 'g' },
  },
  { path: '/groups/:id', permission: 'people.read', load: () => import('./people/group.tsx') },
  {
    path: '/keys',
    permission: 'keys.read',
    load: () => import('./keys/page.tsx'),
    nav: { group: 'people', title: { fr: 'Clés de sécurité', en: 'Security keys' }, key: 'k' },
  },
  { path: '/keys/models', permission: 'keys.read', load: () => import('./keys/models.tsx') },
  { path: '/keys/policies', permission: 'keys.read', load: () => import('./keys/policies.tsx') },
  { path: '/keys/metadata', permission: 'keys.read', load: () => import('./keys/metadata.tsx') },
  { path: '/keys/:id', permission: 'keys.read', load: () => import('./keys/key.tsx') },
  {
    path: '/audit',
    permission: 'audit.read',
    load: () => import('./audit/page.tsx'),
    nav: { group: 'proof', title: { fr: 'Journal d’audit', en: 'Audit log' }, key: 'j' },
  },
  {
    path: '/receipts',
    permission: 'audit.read',
    load: () => import('./audit/receipts.tsx'),
    nav: { group: 'proof', title: { fr: 'Reçus', en: 'Receipts' } },
  },
  { path: '/receipts/:id', permission: 'audit.read', load: () => import('./audit/receipt.tsx') },
  {
    path: '/watch',
    permission: 'watch.read',
    load: () => import('./watch/page.tsx'),
    nav: { group: 'watch', title: { fr: 'En direct', en: 'Live' }, key: 'w' },
  },
  {
    path: '/alerts',
    permission: 'watch.read',
    load: () => import('./alerts/page.tsx'),
    nav: { group: 'watch', title: { fr: 'Alertes', en: 'Alerts' }, key: 'e' },
  },
  { path: '/alerts/:id', permission: 'watch.read', load: () => import('./alerts/detail.tsx') },
  {
    path: '/sessions',
    permission: 'sessions.read',
    load: () => import('./sessions/page.tsx'),
    nav: { group: 'watch', title: { fr: 'Sessions et appareils', en: 'Sessions and devices' }, key: 's' },
  },
  { path: '/sessions/:kind/:id', permission: 'sessions.read', load: () => import('./sessions/detail.tsx') },
  {
    path: '/acts',
    permission: 'people.read',
    load: () => import('./acts/page.tsx'),
    nav: {
      group: 'overview',
      title: { fr: 'Actes à deux', en: 'Acts by two' },
      key: 'a',
      badge: () => import('./acts/badge.tsx'),
    },
  },
  { path: '/acts/:id', permission: 'people.read', load: () => import('./acts/detail.tsx') },
  {
    path: '/incidents',
    permission: 'watch.read',
    load: () => import('./incidents/page.tsx'),
    nav: { group: 'watch', title: { fr: 'Incidents', en: 'Incidents' }, key: 'i' },
  },
  { path: '/incidents/:id', permission: 'watch.read', load: () => import('./incidents/report.tsx') },
  { path: '/report', permission: 'watch.read', load: () => import('./incidents/report.tsx') },
  {
    path: '/revealed',
    permission: 'privacy.reveal',
    load: () => import('./reading/revealed.tsx'),
    nav: { group: 'proof', title: { fr: 'Salons révélés', en: 'Revealed rooms' } },
  },
  {
    path: '/lost',
    permission: 'keys.revoke',
    load: () => import('./enrol/lost-search.tsx'),
    nav: { group: 'people', title: { fr: 'Clé perdue', en: 'Lost key' }, key: 'l' },
  },
  { path: '/people/:id/lost', permission: 'keys.revoke', load: () => import('./enrol/lost.tsx') },
  {
    path: '/posted',
    permission: 'keys.enrol',
    load: () => import('./enrol/posted.tsx'),
    nav: { group: 'people', title: { fr: 'Clés envoyées', en: 'Keys sent by post' } },
  },
  { path: '/letter', permission: 'keys.enrol', load: () => import('./enrol/letter.tsx') },
  {
    path: '/tokens',
    permission: 'tokens.write',
    load: () => import('./tokens/page.tsx'),
    nav: { group: 'rules', title: { fr: 'Jetons d’API', en: 'API tokens' }, key: 't' },
  },
  {
    path: '/policy',
    permission: 'policy.read',
    load: () => import('./policy/page.tsx'),
    nav: { group: 'rules', title: { fr: 'Politique', en: 'Policy' }, key: 'r' },
  },
  { path: '/policy/edit', permission: 'policy.write', load: () => import('./policy/edit.tsx') },
  { path: '/policy/versions', permission: 'policy.read', load: () => import('./policy/versions.tsx') },
  { path: '/policy/versions/:number', permission: 'policy.read', load: () => import('./policy/version.tsx') },
]
