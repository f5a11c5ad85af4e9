import type { KeyFilter } from '../../../server/console/keys/port.ts'
import type { BelowReason } from '../../../server/webauthn/rule.ts'
import { type Catalogue, number } from '../../shared/locale.ts'

const ouvert = (sessions: number, appareils: number) =>
  `${number('fr', sessions)} ${sessions < 2 ? 'session' : 'sessions'} ici, ${number('fr', appareils)} ${appareils < 2 ? 'appareil' : 'appareils'} de messagerie`
const opened = (sessions: number, devices: number) =>
  `${number('en', sessions)} ${sessions === 1 ? 'session' : 'sessions'} here, ${number('en', devices)} messenger ${devices === 1 ? 'device' : 'devices'}`

type Policy = 'any' | 'device-bound' | 'attested'

interface Words {
  readonly title: string
  readonly lead: string
  readonly models: string
  readonly policies: string
  readonly metadata: string
  readonly show: string
  readonly filters: Readonly<Record<KeyFilter, string>>
  readonly search: string
  readonly caption: string
  readonly person: string
  readonly key: string
  readonly noKey: string
  readonly model: string
  readonly unknownModel: string
  readonly untoldModel: string
  readonly standing: string
  readonly lastUsed: string
  readonly enrolled: string
  readonly empty: string
  readonly emptyText: string
  readonly emptyAll: string
  readonly emptyAllText: string
  readonly certified: string
  readonly uncertified: string
  readonly builtIn: string
  readonly cutOff: string
  readonly revoked: string
  readonly suspended: string
  readonly tooFew: (has: number, wants: number) => string
  readonly below: Readonly<Record<BelowReason, string>>
  readonly keyTitle: (name: string) => string
  readonly of: string
  readonly serial: string
  readonly admitted: string
  readonly policyNames: Readonly<Record<Policy, string>>
  readonly where: string
  readonly nowhere: string
  readonly rule: string
  readonly ruleFrom: Readonly<Record<'groups' | 'setting', string>>
  readonly ruleText: (policy: string, keys: number, platform: boolean, models: number | null) => string
  readonly open: string
  readonly openText: (sessions: number, devices: number) => string
  readonly rename: string
  readonly name: string
  readonly save: string
  readonly renamed: string
  readonly revoke: string
  readonly revokeTitle: (name: string) => string
  readonly revokeText: (sessions: number, devices: number) => string
  readonly revokeLast: string
  readonly reason: string
  readonly reasonHint: string
  readonly revokedSaid: string
  readonly revokedBecause: (reason: string) => string
  readonly cutOffText: string
  readonly panelNone: string
  readonly panelNoneText: string
  readonly panelOne: string
  readonly homeTitle: string
  readonly homeLead: (keys: string, people: string) => string
  readonly homeGood: string
}

const fr: Words = {
  title: 'Clés de sécurité',
  lead: 'Qui a quelle clé, et lesquelles demandent votre attention. L’objectif : deux clés par personne.',
  models: 'Modèles',
  policies: 'Règles des groupes',
  metadata: 'Métadonnées',
  show: 'Afficher',
  filters: {
    all: 'Toutes les clés',
    none: 'Personnes sans clé',
    one: 'Personnes avec une seule clé',
    uncertified: 'Non certifiées',
    compromised: 'Modèle compromis',
    below: 'En dessous de la règle de leurs groupes',
    'never-used': 'Jamais utilisées',
    unused: 'Inutilisées depuis un an',
    revoked: 'Révoquées',
  },
  search: 'Personne, numéro de série ou identifiant de clé',
  caption: 'Clés et leurs personnes',
  person: 'Personne',
  key: 'Clé',
  noKey: 'aucune clé',
  model: 'Modèle',
  unknownModel: 'inconnu des métadonnées',
  untoldModel: 'ne dit pas son modèle',
  standing: 'État',
  lastUsed: 'Dernier usage',
  enrolled: 'Enregistrée',
  empty: 'Aucune clé ne correspond',
  emptyText: 'Rien à faire ici. Changez de filtre ou de recherche pour voir d’autres clés.',
  emptyAll: 'Aucune clé pour l’instant',
  emptyAllText: 'Créez une personne, puis donnez-lui un lien d’enregistrement.',
  certified: 'certifiée',
  uncertified: 'non certifiée',
  builtIn: 'intégrée',
  cutOff: 'modèle compromis',
  revoked: 'révoquée',
  suspended: 'personne suspendue',
  tooFew: (has, wants) => `${has} clé sur ${wants}`,
  below: {
    uncertified: 'la règle veut une clé certifiée',
    'can-be-copied': 'copiable d’un appareil à l’autre',
    'model-not-listed': 'modèle hors de la liste',
    'built-in': 'clé intégrée, non permise',
  },
  keyTitle: (name) => `Clé « ${name} »`,
  of: 'Titulaire',
  serial: 'Numéro de série',
  admitted: 'Acceptée comme',
  policyNames: {
    any: 'toute clé',
    'device-bound': 'clé matérielle',
    attested: 'clé certifiée',
  },
  where: 'Dernière connexion depuis',
  nowhere: 'pas encore de connexion',
  rule: 'Ce qui vaut pour cette personne',
  ruleFrom: {
    groups: 'Le plus strict de ce que demandent ses groupes.',
    setting: 'Aucun de ses groupes ne demande rien : c’est le réglage général.',
  },
  ruleText: (policy, keys, platform, models) =>
    `${policy} ; ${keys === 2 ? 'deux clés' : 'une clé'} ; clés intégrées ${platform ? 'permises' : 'refusées'} ; ${models === null ? 'tout modèle admis' : models === 1 ? 'un seul modèle' : `${models} modèles`}.`,
  open: 'Ouvert avec cette clé',
  openText: ouvert,
  rename: 'Renommer',
  name: 'Nom de la clé',
  save: 'Enregistrer',
  renamed: 'La clé est renommée.',
  revoke: 'Révoquer',
  revokeTitle: (name) => `Révoquer « ${name} » ?`,
  revokeText: (sessions, devices) =>
    `Elle ne servira plus jamais. Ce qui est ouvert avec elle sera déconnecté en une seconde : ${ouvert(sessions, devices)}.`,
  revokeLast: 'C’est sa dernière clé : cette personne ne pourra plus se connecter avant d’en avoir une autre.',
  reason: 'Pourquoi',
  reasonHint: 'Conservé avec la clé et dans le journal d’audit.',
  revokedSaid: 'La clé est révoquée.',
  revokedBecause: (reason) => `Révoquée : ${reason}`,
  cutOffText:
    'Son modèle n’est plus sûr d’après les métadonnées. La personne en a été avertie, et l’est à nouveau si elle s’en sert.',
  panelNone: 'Aucune clé',
  panelNoneText: 'Cette personne ne peut pas se connecter. Donnez-lui un lien d’enregistrement.',
  panelOne:
    'Une seule clé : si elle se perd, cette personne ne pourra plus se connecter. Proposez-lui d’en ajouter une seconde.',
  homeTitle: 'Clés à surveiller',
  homeLead: (keys, people) => `Clés : ${keys}. Personnes : ${people}.`,
  homeGood: 'Chacun a deux clés, certifiées et en règle.',
}

const en: Words = {
  title: 'Security keys',
  lead: 'Who has which key, and which of them need attention. Two keys a person is the norm.',
  models: 'Models',
  policies: 'Group policies',
  metadata: 'Metadata',
  show: 'Show',
  filters: {
    all: 'All keys',
    none: 'People without a key',
    one: 'People with one key only',
    uncertified: 'Uncertified',
    compromised: 'Compromised model',
    below: 'Below their groups’ policy',
    'never-used': 'Never used',
    unused: 'Unused for a year',
    revoked: 'Revoked',
  },
  search: 'Person, serial number or id of a key',
  caption: 'Keys and their people',
  person: 'Person',
  key: 'Key',
  noKey: 'no key',
  model: 'Model',
  unknownModel: 'not in the metadata',
  untoldModel: 'does not tell its model',
  standing: 'Standing',
  lastUsed: 'Last used',
  enrolled: 'Enrolled',
  empty: 'No key matches',
  emptyText: 'Nothing to do here. Change the filter or the search to see other keys.',
  emptyAll: 'No keys yet',
  emptyAllText: 'Create a person, then give them an enrolment link.',
  certified: 'certified',
  uncertified: 'uncertified',
  builtIn: 'built in',
  cutOff: 'compromised model',
  revoked: 'revoked',
  suspended: 'person suspended',
  tooFew: (has, wants) => `${has} key of ${wants}`,
  below: {
    uncertified: 'policy wants a certified key',
    'can-be-copied': 'can be copied between devices',
    'model-not-listed': 'model not on the list',
    'built-in': 'built-in key, not allowed',
  },
  keyTitle: (name) => `Key “${name}”`,
  of: 'Whose',
  serial: 'Serial number',
  admitted: 'Admitted as',
  policyNames: {
    any: 'any key',
    'device-bound': 'device-bound key',
    attested: 'certified key',
  },
  where: 'Last sign-in from',
  nowhere: 'no sign-in yet',
  rule: 'What counts for this person',
  ruleFrom: {
    groups: 'The strictest of what their groups ask for.',
    setting: 'None of their groups asks for anything: it is the general setting.',
  },
  ruleText: (policy, keys, platform, models) =>
    `${policy}; ${keys === 2 ? 'two keys' : 'one key'}; built-in keys ${platform ? 'allowed' : 'refused'}; ${models === null ? 'any admitted model' : models === 1 ? 'one model only' : `${models} models`}.`,
  open: 'Open by it',
  openText: opened,
  rename: 'Rename',
  name: 'Name of the key',
  save: 'Save',
  renamed: 'The key is renamed.',
  revoke: 'Revoke',
  revokeTitle: (name) => `Revoke “${name}”?`,
  revokeText: (sessions, devices) =>
    `It will never work again. What is open by it is signed out within a second: ${opened(sessions, devices)}.`,
  revokeLast: 'It is their last key: this person cannot sign in again before they have another.',
  reason: 'Why',
  reasonHint: 'Kept with the key and in the audit log.',
  revokedSaid: 'The key is revoked.',
  revokedBecause: (reason) => `Revoked: ${reason}`,
  cutOffText:
    'Its model is no longer safe according to the metadata. The person was told, and is told again if they use it.',
  panelNone: 'No key',
  panelNoneText: 'This person cannot sign in. Give them an enrolment link.',
  panelOne: 'One key only: if it is lost, this person is locked out. Offer them a second one.',
  homeTitle: 'Keys to look at',
  homeLead: (keys, people) => `Keys: ${keys}. People: ${people}.`,
  homeGood: 'Everybody has two keys, certified and within policy.',
}

export const catalogue: Catalogue<Words> = { fr, en }
