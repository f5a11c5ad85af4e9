import type { Catalogue } from '../shared/locale.ts'
import type { Group } from './pages.ts'

interface Words {
  readonly title: string
  readonly navigation: string
  readonly menu: string
  readonly myAccount: string
  readonly signOut: string
  readonly search: string
  readonly groups: Readonly<Record<Group, string>>
  readonly roles: Readonly<Record<'owner' | 'enroller' | 'supervisor' | 'auditor', string>>
  readonly forAdministrators: string
  readonly notFound: string
  readonly notFoundText: string
  readonly notAllowed: string
  readonly notAllowedText: string
  readonly home: string
  readonly brokenTitle: string
  readonly brokenText: string
  readonly reload: string
  readonly offline: string
  readonly shortcuts: string
  readonly shortcutsHelp: string
  readonly shortcutSearch: string
  readonly shortcutClose: string
  readonly shortcutGo: (page: string) => string
  readonly after: string
  readonly useShortcuts: string
}

const fr: Words = {
  title: 'Administration',
  navigation: 'Pages de l’administration',
  menu: 'Menu',
  myAccount: 'Mon compte',
  signOut: 'Se déconnecter',
  search: 'Chercher une personne',
  groups: { overview: '', people: 'Personnes', watch: 'Suivi', rules: 'Règles', proof: 'Preuves' },
  roles: { owner: 'propriétaire', enroller: 'gestionnaire', supervisor: 'superviseur', auditor: 'auditeur' },
  forAdministrators: 'Cette page est réservée aux administrateurs. Votre compte n’en fait pas partie.',
  notFound: 'Cette page n’existe pas',
  notFoundText: 'L’adresse est peut-être incomplète, ou ce qu’elle montrait n’existe plus.',
  notAllowed: 'Votre rôle ne donne pas accès à cette page',
  notAllowedText: 'Demandez à un propriétaire si vous en avez besoin.',
  home: 'Aller à la vue d’ensemble',
  brokenTitle: 'Cette page n’a pas pu être chargée',
  brokenText: 'La connexion a peut-être été coupée, ou Palier vient d’être mis à jour. Rechargez la page.',
  reload: 'Recharger',
  offline: 'Pas de connexion : ce qui est affiché n’est peut-être plus à jour, et rien ne peut être modifié.',
  shortcuts: 'Raccourcis',
  shortcutsHelp: 'Afficher ces raccourcis',
  shortcutSearch: 'Aller au champ de recherche',
  shortcutClose: 'Fermer une fenêtre',
  shortcutGo: (page) => `Aller à « ${page} »`,
  after: 'puis',
  useShortcuts: 'Utiliser les raccourcis à une lettre',
}

const en: Words = {
  title: 'Administration',
  navigation: 'Pages of the administration',
  menu: 'Menu',
  myAccount: 'My account',
  signOut: 'Sign out',
  search: 'Find a person',
  groups: { overview: '', people: 'People', watch: 'Watch', rules: 'Rules', proof: 'Proof' },
  roles: { owner: 'owner', enroller: 'enroller', supervisor: 'supervisor', auditor: 'auditor' },
  forAdministrators: 'This page is for administrators. Your account is not one.',
  notFound: 'There is no such page',
  notFoundText: 'The address may be incomplete, or what it showed is gone.',
  notAllowed: 'Your role gives no access to this page',
  notAllowedText: 'Ask an owner if you need it.',
  home: 'Go to the overview',
  brokenTitle: 'This page could not be loaded',
  brokenText: 'The connection may have been lost, or Palier was just updated. Reload the page.',
  reload: 'Reload',
  offline: 'No connection: what is shown may be old, and nothing can be changed.',
  shortcuts: 'Shortcuts',
  shortcutsHelp: 'Show these shortcuts',
  shortcutSearch: 'Go to the search field',
  shortcutClose: 'Close a dialog',
  shortcutGo: (page) => `Go to “${page}”`,
  after: 'then',
  useShortcuts: 'Use one-letter shortcuts',
}

export const catalogue: Catalogue<Words> = { fr, en }
