import { type Catalogue, number } from '../../shared/locale.ts'
import { clés, keys, people, personnes } from './counted.ts'
import { type ModelWords, catalogue as models } from './model-words.ts'

interface Words {
  readonly metadata: string
  readonly metadataLead: string
  readonly inForce: string
  readonly nothingYet: string
  readonly nothingYetText: string
  readonly number: string
  readonly imported: string
  readonly nextUpdate: string
  readonly overdue: string
  readonly ownRoot: string
  readonly history: string
  readonly upload: string
  readonly uploadText: string
  readonly file: string
  readonly look: string
  readonly looking: string
  readonly tooLarge: string
  readonly previewTitle: (number: string) => string
  readonly previewModels: (models: string, added: string, removed: string) => string
  readonly previewAllowed: (allowed: string) => string
  readonly unreadable: (count: string) => string
  readonly cutOffTitle: string
  readonly cutOffNone: string
  readonly cutOffText: (keys: number, people: number) => string
  readonly uncertifiedTitle: string
  readonly uncertifiedText: (keys: number, people: number) => string
  readonly leftTitle: (people: number) => string
  readonly leftText: string
  readonly ownersText: (names: string) => string
  readonly lockOut: string
  readonly andMore: (count: string) => string
  readonly who: string
  readonly person: string
  readonly key: string
  readonly why: string
  readonly whys: Readonly<Record<string, string>>
  readonly apply: string
  readonly applyText: string
  readonly applied: (number: string, cutOff: number) => string
  readonly changedSince: string
}

const fr: Words = {
  metadata: 'Métadonnées des clés',
  metadataLead:
    'Le fichier que FIDO publie chaque mois : quels modèles existent, lesquels sont certifiés, lesquels ne sont plus sûrs. Palier ne télécharge rien lui-même.',
  inForce: 'En vigueur',
  nothingYet: 'Aucune métadonnée pour l’instant',
  nothingYetText: 'Sans elles, aucune clé ne peut être admise comme certifiée.',
  number: 'Numéro',
  imported: 'Appliquées',
  nextUpdate: 'Prochaine mise à jour annoncée',
  overdue: 'Une version plus récente aurait déjà dû être appliquée. Téléchargez-la et envoyez-la ici.',
  ownRoot: 'Signées par l’autorité que votre exploitant a choisie, et non par FIDO.',
  history: 'Précédentes',
  upload: 'Appliquer un nouveau fichier',
  uploadText:
    'Téléchargez-le depuis https://mds3.fidoalliance.org/ et choisissez-le ici. Il est d’abord vérifié, et vous voyez ce qu’il changerait avant de l’appliquer.',
  file: 'Fichier de métadonnées (BLOB)',
  look: 'Vérifier et montrer les effets',
  looking: 'Vérification…',
  tooLarge: 'Ce fichier dépasse 16 Mo : ce n’est pas celui de FIDO.',
  previewTitle: (number) => `Ce que ferait le numéro ${number}`,
  previewModels: (models, added, removed) => `Modèles : ${models}, dont nouveaux : ${added}. Disparus : ${removed}.`,
  previewAllowed: (allowed) => `Permis : ${allowed}.`,
  unreadable: (count) => `${count} entrées illisibles sont laissées de côté.`,
  cutOffTitle: 'Clés qui cesseront de servir',
  cutOffNone: 'Aucune clé ne cesse de servir.',
  cutOffText: (count, of) =>
    `${clés(count)}, chez ${personnes(of)}. Ce qui est ouvert avec elles sera déconnecté en une seconde, et les personnes seront averties.`,
  uncertifiedTitle: 'Clés qui ne seraient plus certifiées',
  uncertifiedText: (count, of) => `${clés(count)}, chez ${personnes(of)}. Elles continuent de servir.`,
  leftTitle: (count) => `${personnes(count)} sans clé après cela`,
  leftText: 'Préparez-leur un lien d’enregistrement ou un laissez-passer.',
  ownersText: (names) => `Parmi elles, des propriétaires : ${names}.`,
  lockOut:
    'Plus aucun propriétaire n’aurait de clé : cela sera refusé. Enregistrez d’abord une autre clé pour un propriétaire.',
  andMore: (count) => `et ${count} autres`,
  who: 'Qui est concerné',
  person: 'Personne',
  key: 'Clé',
  why: 'Pourquoi',
  whys: {
    'model-compromised': 'modèle compromis',
    'model-revoked': 'modèle révoqué par FIDO',
    'model-unknown': 'modèle disparu des métadonnées',
    'model-not-allowed': 'modèle interdit',
    'certification-level': 'plus certifié',
    'key-protection': 'sans matériel dédié',
    'status-retired': 'modèle retiré',
    'chain-broken': 'certificat sans racine de confiance',
  },
  apply: 'Appliquer',
  applyText: 'Seul ce qui est montré ci-dessus sera fait. Si des clés changent entre-temps, rien n’est fait.',
  applied: (version, count) => `Le numéro ${version} est appliqué. Clés mises hors service : ${number('fr', count)}.`,
  changedSince: 'Des clés ont changé depuis. Voici ce que le fichier ferait maintenant.',
}

const en: Words = {
  metadata: 'Metadata of keys',
  metadataLead:
    'The file that FIDO publishes each month: which models there are, which are certified, which are no longer safe. Nothing is downloaded from here.',
  inForce: 'In force',
  nothingYet: 'No metadata yet',
  nothingYetText: 'Without it no key can be admitted as certified.',
  number: 'Number',
  imported: 'Applied',
  nextUpdate: 'Next update announced',
  overdue: 'A newer one should have been applied by now. Download it and upload it here.',
  ownRoot: 'Signed by the authority that your operator chose, and not by FIDO.',
  history: 'Before',
  upload: 'Apply a new file',
  uploadText:
    'Download it from https://mds3.fidoalliance.org/ and choose it here. It is checked first, and you see what it would change; nothing is applied before that.',
  file: 'Metadata file (BLOB)',
  look: 'Check and show the effects',
  looking: 'Checking…',
  tooLarge: 'This file is larger than 16 MB: it is not FIDO’s.',
  previewTitle: (number) => `What number ${number} would do`,
  previewModels: (models, added, removed) => `Models: ${models}, of which new: ${added}. Gone: ${removed}.`,
  previewAllowed: (allowed) => `Allowed: ${allowed}.`,
  unreadable: (count) => `${count} entries cannot be read and are left out.`,
  cutOffTitle: 'Keys that will stop working',
  cutOffNone: 'No key stops working.',
  cutOffText: (count, of) =>
    `${keys(count)}, of ${people(of)}. What is open by them is signed out within a second, and the people are told.`,
  uncertifiedTitle: 'Keys that would no longer be certified',
  uncertifiedText: (count, of) => `${keys(count)}, of ${people(of)}. They go on working.`,
  leftTitle: (count) => `${people(count)} left without a key`,
  leftText: 'Prepare an enrolment link or a temporary pass for them.',
  ownersText: (names) => `Owners among them: ${names}.`,
  lockOut: 'No owner would have a key any more: this will be refused. Enrol another key for an owner first.',
  andMore: (count) => `and ${count} more`,
  who: 'Who is affected',
  person: 'Person',
  key: 'Key',
  why: 'Why',
  whys: {
    'model-compromised': 'compromised model',
    'model-revoked': 'model revoked by FIDO',
    'model-unknown': 'model gone from the metadata',
    'model-not-allowed': 'forbidden model',
    'certification-level': 'no longer certified',
    'key-protection': 'no hardware of its own',
    'status-retired': 'retired model',
    'chain-broken': 'certificate without a trusted root',
  },
  apply: 'Apply',
  applyText: 'Only what is shown above is done. If keys change meanwhile, nothing is.',
  applied: (version, count) => `Number ${version} is applied. Keys cut off: ${number('en', count)}.`,
  changedSince: 'Keys have changed since. This is what the file would do now.',
}

/** With the words of models, which metadata is about. */
export const catalogue: Catalogue<Words & ModelWords> = { fr: { ...models.fr, ...fr }, en: { ...models.en, ...en } }
