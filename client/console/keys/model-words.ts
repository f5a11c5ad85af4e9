import type { Catalogue } from '../../shared/locale.ts'
import { clés, keys, people, personnes } from './counted.ts'

type Policy = 'any' | 'device-bound' | 'attested'
type Concern = 'status-revoked' | 'status-retired' | 'status-compromised'

export interface ModelWords {
  readonly models: string
  readonly modelsLead: string
  readonly search: string
  readonly show: string
  readonly showing: Readonly<Record<'enrolled' | 'certified' | 'forbidden' | 'all', string>>
  readonly vendor: string
  readonly model: string
  readonly level: string
  readonly notCertified: string
  readonly standing: string
  readonly keys: string
  readonly allowed: string
  readonly forbidden: string
  readonly builtIn: string
  readonly software: string
  readonly concerns: Readonly<Record<Concern, string>>
  readonly allow: string
  readonly forbid: string
  readonly forbidTitle: (name: string) => string
  readonly allowTitle: (name: string) => string
  readonly forbidText: string
  readonly allowText: string
  readonly affected: (keys: number, people: number) => string
  readonly affectsNobody: string
  readonly reason: string
  readonly reasonHint: string
  readonly reasonMissing: string
  readonly allowedSaid: string
  readonly forbiddenSaid: string
  readonly none: string
  readonly noneText: string
  readonly noMetadata: string
  readonly noMetadataText: string
  readonly toMetadata: string
  readonly unknownTitle: string
  readonly unknownText: string
  readonly policies: string
  readonly policiesLead: string
  readonly settingText: (policy: string) => string
  readonly group: string
  readonly members: string
  readonly policy: string
  readonly policyNames: Readonly<Record<Policy, string>>
  readonly policyHints: Readonly<Record<Policy, string>>
  readonly which: string
  readonly anyModel: string
  readonly someModels: (count: string) => string
  readonly platform: string
  readonly platformText: string
  readonly yes: string
  readonly no: string
  readonly minKeys: string
  readonly one: string
  readonly two: string
  readonly add: string
  readonly edit: string
  readonly remove: string
  readonly removeTitle: (name: string) => string
  readonly removeText: string
  readonly editTitle: (name: string) => string
  readonly addTitle: string
  readonly save: string
  readonly saved: string
  readonly removed: string
  readonly emptyPolicies: string
  readonly emptyPoliciesText: string
  readonly groupPanel: string
  readonly give: string
  readonly asksNothing: (setting: string) => string
  readonly listOnly: string
  readonly listProof: string
  readonly chosen: (count: string) => string
  readonly chooseSome: string
  readonly noGroups: string
  readonly attestedWithoutMetadata: string
  readonly someoneElse: string
  readonly change: string
  readonly untold: string
  readonly back: string
}

const fr: ModelWords = {
  models: 'Modèles de clés',
  modelsLead: 'Ce que les métadonnées FIDO disent de chaque modèle, combien de clés vous en avez, et s’il est permis.',
  search: 'Modèle, fabricant ou AAGUID',
  show: 'Afficher',
  showing: {
    enrolled: 'Ceux dont il y a des clés ici',
    certified: 'Certifiés et permis',
    forbidden: 'Interdits',
    all: 'Tous',
  },
  vendor: 'Fabricant',
  model: 'Modèle',
  level: 'Certification',
  notCertified: 'aucune',
  standing: 'État',
  keys: 'Clés ici',
  allowed: 'permis',
  forbidden: 'interdit',
  builtIn: 'intégré à un appareil',
  software: 'sans matériel dédié',
  concerns: {
    'status-revoked': 'révoqué par FIDO',
    'status-retired': 'retiré',
    'status-compromised': 'compromis',
  },
  allow: 'Permettre',
  forbid: 'Interdire',
  forbidTitle: (name) => `Interdire « ${name} » ?`,
  allowTitle: (name) => `Permettre « ${name} » ?`,
  forbidText:
    'Aucune nouvelle clé de ce modèle ne sera admise comme certifiée. Les clés déjà enregistrées continuent de servir et apparaissent comme non certifiées.',
  allowText: 'Les clés de ce modèle pourront de nouveau être admises comme certifiées.',
  affected: (count, of) => `Ne seraient plus certifiées : ${clés(count)}, chez ${personnes(of)}.`,
  affectsNobody: 'Aucune clé enregistrée n’est concernée.',
  reason: 'Pourquoi',
  reasonHint: 'Conservé dans le journal d’audit.',
  reasonMissing: 'Dites pourquoi, en quelques mots.',
  allowedSaid: 'Le modèle est permis.',
  forbiddenSaid: 'Le modèle est interdit.',
  none: 'Aucun modèle ne correspond',
  noneText: 'Changez de filtre ou de recherche.',
  noMetadata: 'Aucune métadonnée pour l’instant',
  noMetadataText: 'Sans elles, aucune clé ne peut être certifiée. Envoyez le fichier de FIDO.',
  toMetadata: 'Envoyer des métadonnées',
  unknownTitle: 'Clés de modèles inconnus',
  unknownText: 'Ces clés sont enregistrées, et les métadonnées ne connaissent pas leur modèle :',
  policies: 'Ce que les groupes demandent des clés',
  policiesLead:
    'Pour une personne qui est dans plusieurs groupes, la règle la plus stricte l’emporte. Les clés déjà enregistrées continuent de servir ; celles qui ne suivent pas la règle sont signalées.',
  settingText: (policy) =>
    `Pour les personnes dont aucun groupe ne demande rien, le réglage général s’applique : ${policy}.`,
  group: 'Groupe',
  members: 'Membres',
  policy: 'Clés admises',
  policyNames: { any: 'toute clé', 'device-bound': 'clé matérielle', attested: 'clé certifiée' },
  policyHints: {
    any: 'Y compris les passkeys copiées d’un appareil à l’autre. Pour des essais.',
    'device-bound': 'La clé dit qu’elle ne peut pas être copiée. Ce n’est pas prouvé.',
    attested:
      'Le fabricant prouve le modèle, et les métadonnées FIDO le disent matériel, certifié et sans défaut connu.',
  },
  which: 'Modèles',
  anyModel: 'tout modèle admis',
  someModels: (count) => `choisis : ${count}`,
  platform: 'Clés intégrées permises',
  platformText:
    'Permettre les clés intégrées à l’ordinateur ou au téléphone (Windows Hello, TPM), pour les personnes qui n’ont pas encore de clé',
  yes: 'oui',
  no: 'non',
  minKeys: 'Clés par personne',
  one: 'une',
  two: 'deux',
  add: 'Donner une règle à un groupe',
  edit: 'Modifier',
  remove: 'Retirer',
  removeTitle: (name) => `Retirer la règle de « ${name} » ?`,
  removeText: 'Pour ses membres, ce sont leurs autres groupes qui compteront, ou le réglage général.',
  editTitle: (name) => `Règle de « ${name} »`,
  addTitle: 'Règle d’un groupe',
  save: 'Enregistrer',
  saved: 'La règle est enregistrée.',
  removed: 'La règle est retirée.',
  emptyPolicies: 'Aucun groupe n’a de règle',
  emptyPoliciesText: 'Le réglage général s’applique à tout le monde.',
  groupPanel: 'Ce que le groupe demande des clés',
  give: 'Donner une règle',
  asksNothing: (setting) => `Rien : ce sont leurs autres groupes qui comptent, ou le réglage général (${setting}).`,
  listOnly: 'Seulement les modèles choisis ici',
  listProof: 'Seule une clé certifiée prouve son modèle ; les autres règles croient la clé sur parole.',
  chosen: (count) => `${count} choisis`,
  chooseSome: 'Choisissez au moins un modèle, ou admettez-les tous.',
  noGroups: 'Il n’y a pas de groupe sans règle. Créez d’abord un groupe.',
  attestedWithoutMetadata:
    'Les métadonnées FIDO ne sont pas encore chargées : d’ici là, aucune nouvelle clé ne serait admise dans ce groupe.',
  someoneElse: 'Voici ce qu’elle est maintenant ; enregistrez à nouveau pour la remplacer.',
  change: 'Changer',
  untold: 'ne dit pas son modèle',
  back: 'Clés de sécurité',
}

const en: ModelWords = {
  models: 'Models of keys',
  modelsLead: 'What FIDO’s metadata says of each model, how many keys of it you have, and whether it is allowed.',
  search: 'Model, maker or AAGUID',
  show: 'Show',
  showing: {
    enrolled: 'Those that keys here are of',
    certified: 'Certified and allowed',
    forbidden: 'Forbidden',
    all: 'All',
  },
  vendor: 'Maker',
  model: 'Model',
  level: 'Certification',
  notCertified: 'none',
  standing: 'Standing',
  keys: 'Keys here',
  allowed: 'allowed',
  forbidden: 'forbidden',
  builtIn: 'built into a device',
  software: 'no hardware of its own',
  concerns: {
    'status-revoked': 'revoked by FIDO',
    'status-retired': 'retired',
    'status-compromised': 'compromised',
  },
  allow: 'Allow',
  forbid: 'Forbid',
  forbidTitle: (name) => `Forbid “${name}”?`,
  allowTitle: (name) => `Allow “${name}”?`,
  forbidText:
    'No new key of this model is admitted as certified. Keys enrolled before go on working and are shown as uncertified.',
  allowText: 'Keys of this model can be admitted as certified again.',
  affected: (count, of) => `Would be uncertified: ${keys(count)}, of ${people(of)}.`,
  affectsNobody: 'No enrolled key is concerned.',
  reason: 'Why',
  reasonHint: 'Kept in the audit log.',
  reasonMissing: 'Say why, in a few words.',
  allowedSaid: 'The model is allowed.',
  forbiddenSaid: 'The model is forbidden.',
  none: 'No model matches',
  noneText: 'Change the filter or the search.',
  noMetadata: 'No metadata yet',
  noMetadataText: 'Without it no key can be certified. Upload FIDO’s file.',
  toMetadata: 'Upload metadata',
  unknownTitle: 'Keys of unknown models',
  unknownText: 'These keys are enrolled, and the metadata does not have their model:',
  policies: 'What groups ask of keys',
  policiesLead:
    'For a person in several groups the strictest of each counts. Keys enrolled before go on working; those below are shown.',
  settingText: (policy) => `For people of whom no group asks anything the general setting counts: ${policy}.`,
  group: 'Group',
  members: 'Members',
  policy: 'Keys admitted',
  policyNames: { any: 'any key', 'device-bound': 'device-bound key', attested: 'certified key' },
  policyHints: {
    any: 'Passkeys that are copied between devices too. For trials.',
    'device-bound': 'The key says that it cannot be copied. That is not proved.',
    attested: 'The maker proves the model, which the metadata describes as hardware, certified and sound.',
  },
  which: 'Models',
  anyModel: 'any admitted model',
  someModels: (count) => `chosen: ${count}`,
  platform: 'Built-in keys allowed',
  platformText:
    'Allow keys that are built into the computer or the phone (Windows Hello, TPM), for people without a key yet',
  yes: 'yes',
  no: 'no',
  minKeys: 'Keys a person',
  one: 'one',
  two: 'two',
  add: 'Give a group a policy',
  edit: 'Edit',
  remove: 'Remove',
  removeTitle: (name) => `Remove the policy of “${name}”?`,
  removeText: 'For its members their other groups count, or the general setting.',
  editTitle: (name) => `Policy of “${name}”`,
  addTitle: 'Policy of a group',
  save: 'Save',
  saved: 'The policy is saved.',
  removed: 'The policy is removed.',
  emptyPolicies: 'No group has a policy',
  emptyPoliciesText: 'The general setting counts for everybody.',
  groupPanel: 'What the group asks of keys',
  give: 'Give it a policy',
  asksNothing: (setting) => `Nothing: their other groups count, or the general setting (${setting}).`,
  listOnly: 'Only the models chosen here',
  listProof: 'Only a certified key proves its model; the other policies take the key’s word for it.',
  chosen: (count) => `${count} chosen`,
  chooseSome: 'Choose at least one model, or admit them all.',
  noGroups: 'There is no group without a policy. Create a group first.',
  attestedWithoutMetadata:
    'The FIDO metadata are not loaded yet: until they are, no new key would be admitted in this group.',
  someoneElse: 'This is what it is now; save again to replace it.',
  change: 'Change',
  untold: 'does not tell its model',
  back: 'Security keys',
}

export const catalogue: Catalogue<ModelWords> = { fr, en }
