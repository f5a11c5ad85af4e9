// What the page of API tokens says.
import type { Permission } from '../../../server/console/permissions.ts'
import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly documented: string
  readonly caption: string
  readonly name: string
  readonly nameHint: string
  readonly maker: string
  readonly expires: string
  readonly used: string
  readonly state: string
  readonly states: Readonly<Record<'live' | 'expired' | 'revoked', string>>
  readonly empty: string
  readonly emptyText: string
  readonly add: string
  readonly make: string
  readonly purpose: string
  readonly purposes: Readonly<Record<'directory' | 'script', string>>
  readonly purposeHint: Readonly<Record<'directory' | 'script', string>>
  readonly lives: string
  readonly livesFor: (hours: number) => string
  readonly permissions: string
  readonly noneChosen: string
  readonly madeTitle: string
  readonly madeText: string
  readonly token: string
  readonly scimAddress: string
  readonly done: string
  readonly revoke: string
  readonly revokeTitle: (name: string) => string
  readonly revokeText: string
  readonly revoked: string
  readonly permission: Readonly<Record<Permission, string>>
}

const fr: Words = {
  title: 'Jetons d’API',
  lead: 'Ce qu’un script ou un annuaire fait en votre nom. Chaque jeton a une durée de vie courte, n’a que les droits que vous lui donnez, et le journal d’audit le nomme.',
  documented: 'Le document OpenAPI de l’API',
  caption: 'Jetons d’API',
  name: 'Nom',
  nameHint: 'Qui s’en sert et pour quoi : c’est ce qu’on lira le jour où il faudra le révoquer.',
  maker: 'Créé par',
  expires: 'Expire :',
  used: 'Dernier usage',
  state: 'État',
  states: { live: 'Valable', expired: 'Expiré', revoked: 'Révoqué' },
  empty: 'Aucun jeton',
  emptyText: 'Créez-en un pour qu’un annuaire provisionne les personnes, ou pour un script.',
  add: 'Créer un jeton',
  make: 'Créer',
  purpose: 'Pour',
  purposes: { directory: 'Un annuaire (SCIM)', script: 'Un script' },
  purposeHint: {
    directory:
      'Crée, modifie, suspend et supprime des personnes et des groupes. Ne donne aucun rôle. 90 jours au plus.',
    script: 'Appelle l’API avec les droits choisis. 24 heures au plus.',
  },
  lives: 'Durée',
  livesFor: (hours) => (hours < 24 ? `${hours} h` : hours === 24 ? '1 jour' : `${hours / 24} jours`),
  permissions: 'Droits',
  noneChosen: 'Choisissez au moins un droit.',
  madeTitle: 'Copiez le jeton maintenant',
  madeText: 'Il n’est affiché qu’une fois et n’est conservé nulle part. Quiconque le détient peut s’en servir.',
  token: 'Jeton',
  scimAddress: 'Adresse SCIM',
  done: 'C’est copié',
  revoke: 'Révoquer',
  revokeTitle: (name) => `Révoquer « ${name} » ?`,
  revokeText: 'Ce qui l’utilise sera refusé dès la requête suivante. C’est définitif.',
  revoked: 'Le jeton est révoqué.',
  permission: {
    'people.read': 'lire les personnes et les groupes',
    'people.write': 'modifier les personnes et les groupes',
    'roles.write': 'donner des rôles',
    'keys.read': 'lire les clés',
    'keys.enrol': 'remettre des clés',
    'keys.revoke': 'révoquer des clés',
    'keys.policy': 'régler quelles clés sont admises',
    'sessions.read': 'lire les sessions',
    'sessions.end': 'fermer des sessions',
    'sessions.end-many': 'fermer les sessions de plusieurs personnes',
    'watch.read': 'voir le suivi et les lectures',
    'alerts.handle': 'traiter les alertes',
    'policy.read': 'lire la politique',
    'policy.write': 'modifier la politique',
    'audit.read': 'lire le journal d’audit',
    'audit.export': 'exporter le journal d’audit',
    'privacy.reveal': 'révéler des salons',
    'privacy.export': 'exporter les données d’une personne',
    'privacy.erase': 'effacer les données d’une personne',
    'tokens.write': 'voir et révoquer les jetons',
    'scim.write': 'provisionner (SCIM)',
  },
}

const en: Words = {
  title: 'API tokens',
  lead: 'What a script or a directory does in your name. Each token lives a short while, may do only what you give it, and is named in the audit log.',
  documented: 'The API’s OpenAPI document',
  caption: 'API tokens',
  name: 'Name',
  nameHint: 'Who uses it and what for: this is what is read on the day it has to be revoked.',
  maker: 'Made by',
  expires: 'Expires:',
  used: 'Last used',
  state: 'State',
  states: { live: 'Valid', expired: 'Expired', revoked: 'Revoked' },
  empty: 'No token',
  emptyText: 'Make one so that a directory can provision people, or for a script.',
  add: 'Make a token',
  make: 'Make it',
  purpose: 'For',
  purposes: { directory: 'A directory (SCIM)', script: 'A script' },
  purposeHint: {
    directory: 'Creates, changes, suspends and deletes people and groups. Gives no role. 90 days at most.',
    script: 'Calls the API with the permissions chosen. 24 hours at most.',
  },
  lives: 'Lives for',
  livesFor: (hours) => (hours < 24 ? `${hours} h` : hours === 24 ? '1 day' : `${hours / 24} days`),
  permissions: 'Permissions',
  noneChosen: 'Choose at least one permission.',
  madeTitle: 'Copy the token now',
  madeText: 'It is shown once and kept nowhere. Whoever has it can use it.',
  token: 'Token',
  scimAddress: 'SCIM address',
  done: 'I have copied it',
  revoke: 'Revoke',
  revokeTitle: (name) => `Revoke “${name}”?`,
  revokeText: 'Whatever uses it is refused at its next request. This is not undone.',
  revoked: 'The token is revoked.',
  permission: {
    'people.read': 'read people and groups',
    'people.write': 'change people and groups',
    'roles.write': 'give roles',
    'keys.read': 'read keys',
    'keys.enrol': 'hand out keys',
    'keys.revoke': 'revoke keys',
    'keys.policy': 'set which keys are admitted',
    'sessions.read': 'read sessions',
    'sessions.end': 'end sessions',
    'sessions.end-many': 'end the sessions of many',
    'watch.read': 'watch, and read what was read',
    'alerts.handle': 'handle alerts',
    'policy.read': 'read the policy',
    'policy.write': 'change the policy',
    'audit.read': 'read the audit log',
    'audit.export': 'export the audit log',
    'privacy.reveal': 'reveal rooms',
    'privacy.export': 'export a person’s data',
    'privacy.erase': 'erase a person’s data',
    'tokens.write': 'see and revoke tokens',
    'scim.write': 'provision (SCIM)',
  },
}

export const catalogue: Catalogue<Words> = { fr, en }
