import type { AllowanceMeter, RingMeter } from '../../../server/policy/defaults.ts'
import type { Catalogue } from '../../shared/locale.ts'

export interface Words {
  readonly title: string
  readonly lead: string
  readonly edit: string
  readonly versions: string
  readonly shipped: string
  readonly backToShipped: string
  readonly backToShippedText: string
  readonly inForce: (number: number) => string
  readonly appliedBy: string
  readonly appliedAt: string
  readonly reason: string
  readonly reasonHint: string
  readonly observeTitle: string
  readonly observeText: string
  readonly outageTitle: string
  readonly outageUntil: string
  readonly emergencyTitle: string
  readonly emergencyText: string
  readonly emergencyOn: string
  readonly emergencyOff: string
  readonly emergencyOnTitle: string
  readonly emergencyOnText: string
  readonly emergencyOffTitle: string
  readonly emergencyOffText: string
  readonly emergencyDone: string
  readonly limits: string
  readonly limitsText: string
  readonly meter: string
  readonly meters: Readonly<Record<RingMeter | AllowanceMeter, string>>
  readonly within: (duration: string) => string
  readonly durations: Readonly<Record<'d' | 'h' | 'min' | 's', (count: number) => string>>
  readonly nothing: string
  readonly rooms: string
  readonly roomsIn: (count: string, duration: string) => string
  readonly firstSync: string
  readonly taps: string
  readonly tapsText: string
  readonly tapFor: string
  readonly tapUnits: string
  readonly enforcement: string
  readonly enforcementEmpty: string
  readonly modes: Readonly<Record<'observe' | 'enforce', string>>
  readonly mode: string
  readonly group: string
  readonly everyone: string
  readonly from: string
  readonly until: string
  readonly exemptions: string
  readonly exemptionsEmpty: string
  readonly who: string
  readonly user: string
  readonly client: string
  readonly anybody: string
  readonly noGroup: string
  readonly groupRules: (count: number) => string
  readonly add: string
  readonly remove: string
  readonly removeNamed: (name: string) => string
  readonly editTitle: string
  readonly editLead: string
  readonly back: string
  readonly how: string
  readonly asForm: string
  readonly asYaml: string
  readonly formMore: string
  readonly yaml: string
  readonly yamlHint: string
  readonly review: string
  readonly reviewText: string
  readonly reviewing: string
  readonly mistakes: (count: number) => string
  readonly atLine: (line: number, place: string) => string
  readonly changesTitle: (count: number) => string
  readonly noChange: string
  readonly loosens: string
  readonly tightens: string
  readonly loosensText: string
  readonly tightensText: string
  readonly path: string
  readonly before: string
  readonly after: string
  readonly effect: string
  readonly apply: string
  readonly applyAct: string
  readonly applied: (number: number) => string
  readonly conflictSince: string
  readonly conflictOnto: (number: number) => string
  readonly conflictText: string
  readonly versionsTitle: string
  readonly versionsLead: string
  readonly versionsEmpty: string
  readonly versionsEmptyText: string
  readonly number: string
  readonly versionTitle: (number: number) => string
  readonly rollBack: string
  readonly rollBackTitle: string
  readonly rollBackText: string
  readonly sameAsNow: string
  readonly comingBack: string
  readonly signedOutdated: string
}

const fr: Words = {
  title: 'Politique',
  lead: 'Qui peut lire combien sans toucher sa clé.',
  edit: 'Modifier',
  versions: 'Versions',
  shipped: 'Les limites d’origine sont en vigueur : aucune version n’a été appliquée.',
  backToShipped: 'Revenir aux limites d’origine',
  backToShippedText:
    'Le formulaire contient la politique d’origine. Rien n’est encore appliqué : voyez ce qui changerait, puis donnez un motif.',
  inForce: (number) => `Version ${number}, en vigueur`,
  appliedBy: 'Appliquée par',
  appliedAt: 'Appliquée le',
  reason: 'Motif',
  reasonHint: 'Conservé avec la version et dans le journal d’audit.',
  observeTitle: 'Rien n’est retenu ici',
  observeText:
    'PALIER_ENFORCE=observe est réglé sur ce serveur : tout est compté, rien n’est retenu, quoi que dise la politique.',
  outageTitle: 'Les limites sont suspendues pour tous',
  outageUntil: 'Jusqu’au',
  emergencyTitle: 'Urgence : personne ne lit l’historique sans toucher sa clé',
  emergencyText: 'Depuis le',
  emergencyOn: 'Déclarer l’urgence',
  emergencyOff: 'Lever l’urgence',
  emergencyOnTitle: 'Fermer l’historique à tous ?',
  emergencyOnText:
    'En deux secondes, chaque lecture d’historique demandera de toucher sa clé, à tout le monde, exemptions et pannes comprises. Les nouveaux messages passent toujours.',
  emergencyOffTitle: 'Lever l’urgence ?',
  emergencyOffText: 'Cela laisse lire davantage : deux administrateurs devront le signer.',
  emergencyDone: 'L’urgence est déclarée : en vigueur partout en deux secondes.',
  limits: 'Limites',
  limitsText: 'Au-delà, chacun est invité à toucher sa clé.',
  meter: 'Ce qui est compté',
  meters: {
    archive: 'Anciens messages',
    'catch-up': 'Messages de rattrapage',
    live: 'Nouveaux messages (alerte seulement)',
    state: 'Membres et réglages de salons',
    directory: 'Entrées d’annuaire',
    'media-bytes': 'Taille des fichiers',
    'media-files': 'Fichiers',
    'key-backup': 'Clés de la sauvegarde',
    joins: 'Salons rejoints',
    'tap-release': 'Messages autorisés par des appuis',
    pushers: 'Adresses de notification',
  },
  within: (duration) => `en ${duration}`,
  durations: {
    d: (count) => (count === 1 ? 'un jour' : `${count} jours`),
    h: (count) => (count === 1 ? 'une heure' : `${count} heures`),
    min: (count) => (count === 1 ? 'une minute' : `${count} minutes`),
    s: (count) => (count === 1 ? 'une seconde' : `${count} secondes`),
  },
  nothing: 'rien sans toucher sa clé',
  rooms: 'Salons dont on lit l’historique',
  roomsIn: (count, duration) => `${count} en ${duration}`,
  firstSync: 'Messages d’une première synchronisation',
  taps: 'Ce qu’un appui autorise',
  tapsText: 'Quand une limite est atteinte, toucher sa clé autorise cela, sur cet appareil, pour cette durée.',
  tapFor: 'Pendant',
  tapUnits: 'Quantité',
  enforcement: 'Application par groupe et par date',
  enforcementEmpty: 'Les limites sont appliquées à tout le monde.',
  modes: { observe: 'compter seulement', enforce: 'appliquer' },
  mode: 'Effet',
  group: 'Groupe',
  everyone: 'tout le monde',
  from: 'À partir du',
  until: 'Jusqu’au',
  exemptions: 'Exemptions',
  exemptionsEmpty: 'Personne n’est exempté.',
  who: 'Qui',
  user: 'Identifiant Matrix',
  client: 'Application',
  anybody: 'toute personne',
  noGroup: 'aucun groupe',
  groupRules: (count) =>
    count === 0
      ? 'Aucun groupe n’a de limites propres.'
      : count === 1
        ? 'Un groupe a des limites propres : voir le fichier YAML.'
        : `${count} règles donnent des limites propres à des groupes : voir le fichier YAML.`,
  add: 'Ajouter',
  remove: 'Retirer',
  removeNamed: (name) => `Retirer ${name}`,
  editTitle: 'Modifier la politique',
  editLead:
    'Rien ne change avant la dernière étape. Ce qui restreint est appliqué aussitôt ; ce qui assouplit se signe à deux.',
  back: 'Politique',
  how: 'Modifier par',
  asForm: 'Formulaire',
  asYaml: 'Fichier YAML',
  formMore: 'Les limites de groupes, la détection et le reste se modifient dans le fichier YAML.',
  yaml: 'La politique, en YAML',
  yamlHint: 'Ce que le fichier ne dit pas est comme à l’origine. Les groupes sont nommés par leur nom.',
  review: 'Voir ce qui changerait',
  reviewText: 'Compare avec ce qui est en vigueur, et signale les erreurs une à une.',
  reviewing: 'Comparaison…',
  mistakes: (count) => (count === 1 ? 'Une erreur' : `${count} erreurs`),
  atLine: (line, place) => `Ligne ${line}, ${place}`,
  changesTitle: (count) => (count === 1 ? 'Un changement' : `${count} changements`),
  noChange: 'Rien ne change : c’est ce qui est en vigueur.',
  loosens: 'laisse lire davantage',
  tightens: 'ne laisse pas lire davantage',
  loosensText:
    'Cette politique laisse lire davantage : elle deviendra un acte, que deux administrateurs signent. S’il n’y a qu’un propriétaire, un jour d’attente.',
  tightensText: 'Cette politique ne laisse lire davantage à personne : elle est appliquée aussitôt.',
  path: 'Où',
  before: 'Avant',
  after: 'Après',
  effect: 'Effet',
  apply: 'Appliquer',
  applyAct: 'Demander la signature de deux administrateurs',
  applied: (number) => `Version ${number} : en vigueur partout en deux secondes.`,
  conflictSince: 'Ce qui a été changé depuis :',
  conflictOnto: (number) => `Garder mon texte, et le comparer à la version ${number}`,
  conflictText:
    'Votre texte est toujours là. Comparez-le à ce qui est maintenant en vigueur : ce que l’autre a changé y apparaît comme un retour en arrière, à reprendre dans votre texte si vous voulez le garder.',
  versionsTitle: 'Versions de la politique',
  versionsLead: 'Une version s’ajoute et ne change jamais.',
  versionsEmpty: 'Aucune version',
  versionsEmptyText: 'Les limites d’origine sont en vigueur tant qu’aucune version n’est appliquée.',
  number: 'Numéro',
  versionTitle: (number) => (number === 0 ? 'Limites d’origine' : `Version ${number}`),
  rollBack: 'Revenir à cette version',
  rollBackTitle: 'Revenir à cette version ?',
  rollBackText: 'Elle est appliquée à nouveau, sous un nouveau numéro.',
  sameAsNow: 'Elle dit la même chose que ce qui est en vigueur.',
  comingBack: 'Ce que changerait un retour à cette version',
  signedOutdated: 'Une autre version est en vigueur depuis : cet acte échouera.',
}

const en: Words = {
  title: 'Policy',
  lead: 'Who may read how much without a tap.',
  edit: 'Change',
  versions: 'Versions',
  shipped: 'The limits that ship are in force: no version was applied yet.',
  backToShipped: 'Back to the limits that ship',
  backToShippedText:
    'The form has the policy that ships. Nothing is applied yet: see what would change, then give a reason.',
  inForce: (number) => `Version ${number}, in force`,
  appliedBy: 'Applied by',
  appliedAt: 'Applied at',
  reason: 'Reason',
  reasonHint: 'Kept with the version and in the audit log.',
  observeTitle: 'Nothing is withheld here',
  observeText:
    'PALIER_ENFORCE=observe is set on this server: everything is counted, nothing withheld, whatever the policy says.',
  outageTitle: 'The limits are suspended for everybody',
  outageUntil: 'Until',
  emergencyTitle: 'Emergency: nobody reads history without a tap',
  emergencyText: 'Since',
  emergencyOn: 'Declare an emergency',
  emergencyOff: 'End the emergency',
  emergencyOnTitle: 'Close history to everybody?',
  emergencyOnText:
    'Within two seconds each reading of history takes a tap, for everybody, exemptions and outages included. New messages still pass.',
  emergencyOffTitle: 'End the emergency?',
  emergencyOffText: 'This lets more be read: two administrators will have to sign it.',
  emergencyDone: 'The emergency is declared: in force everywhere within two seconds.',
  limits: 'Limits',
  limitsText: 'Past them, people are asked to touch their key.',
  meter: 'What is counted',
  meters: {
    archive: 'Old messages',
    'catch-up': 'Catch-up messages',
    live: 'New messages (alarm only)',
    state: 'Members and settings of rooms',
    directory: 'Directory entries',
    'media-bytes': 'Size of files',
    'media-files': 'Files',
    'key-backup': 'Keys of the backup',
    joins: 'Rooms joined',
    'tap-release': 'Messages released by taps',
    pushers: 'Notification addresses',
  },
  within: (duration) => `in ${duration}`,
  durations: {
    d: (count) => (count === 1 ? 'a day' : `${count} days`),
    h: (count) => (count === 1 ? 'an hour' : `${count} hours`),
    min: (count) => (count === 1 ? 'a minute' : `${count} minutes`),
    s: (count) => (count === 1 ? 'a second' : `${count} seconds`),
  },
  nothing: 'nothing without a tap',
  rooms: 'Rooms whose history is read',
  roomsIn: (count, duration) => `${count} in ${duration}`,
  firstSync: 'Messages of a first sync',
  taps: 'What a tap releases',
  tapsText: 'When a limit is reached, a tap releases this much, to that device, for that long.',
  tapFor: 'For',
  tapUnits: 'How much',
  enforcement: 'Enforcement by group and date',
  enforcementEmpty: 'The limits are enforced for everybody.',
  modes: { observe: 'count only', enforce: 'enforce' },
  mode: 'Effect',
  group: 'Group',
  everyone: 'everybody',
  from: 'From',
  until: 'Until',
  exemptions: 'Exemptions',
  exemptionsEmpty: 'Nobody is exempt.',
  who: 'Who',
  user: 'Matrix user id',
  client: 'Application',
  anybody: 'anybody',
  noGroup: 'no group',
  groupRules: (count) =>
    count === 0
      ? 'No group has limits of its own.'
      : count === 1
        ? 'One group has limits of its own: see the YAML file.'
        : `${count} rules give groups limits of their own: see the YAML file.`,
  add: 'Add',
  remove: 'Remove',
  removeNamed: (name) => `Remove ${name}`,
  editTitle: 'Change the policy',
  editLead: 'Nothing changes before the last step. What tightens is applied at once; what loosens is signed by two.',
  back: 'Policy',
  how: 'Change it as',
  asForm: 'Form',
  asYaml: 'YAML file',
  formMore: 'Limits of groups, detection and the rest are changed in the YAML file.',
  yaml: 'The policy, as YAML',
  yamlHint: 'What the file leaves out is as it ships. Groups are named by their names.',
  review: 'See what would change',
  reviewText: 'Compares it with what is in force, and tells every mistake with its place.',
  reviewing: 'Comparing…',
  mistakes: (count) => (count === 1 ? 'One mistake' : `${count} mistakes`),
  atLine: (line, place) => `Line ${line}, ${place}`,
  changesTitle: (count) => (count === 1 ? 'One change' : `${count} changes`),
  noChange: 'Nothing changes: it is what is in force.',
  loosens: 'lets more be read',
  tightens: 'lets no more be read',
  loosensText:
    'This policy lets more be read: it will be an act, which two administrators sign. Where there is only one owner, it waits a day.',
  tightensText: 'This policy lets nobody read more: it is applied at once.',
  path: 'Where',
  before: 'Before',
  after: 'After',
  effect: 'Effect',
  apply: 'Apply',
  applyAct: 'Ask two administrators to sign',
  applied: (number) => `Version ${number}: in force everywhere within two seconds.`,
  conflictSince: 'What was changed since:',
  conflictOnto: (number) => `Keep my text, and compare it with version ${number}`,
  conflictText:
    'Your text is still here. Compare it with what is in force now: what somebody else changed shows there as undone, to be taken over into your text if it is to stay.',
  versionsTitle: 'Versions of the policy',
  versionsLead: 'A version is added and never changed.',
  versionsEmpty: 'No version',
  versionsEmptyText: 'The limits that ship are in force until a version is applied.',
  number: 'Number',
  versionTitle: (number) => (number === 0 ? 'Limits that ship' : `Version ${number}`),
  rollBack: 'Come back to this version',
  rollBackTitle: 'Come back to this version?',
  rollBackText: 'It is applied again, under a new number.',
  sameAsNow: 'It says the same as what is in force.',
  comingBack: 'What coming back to it would change',
  signedOutdated: 'Another version is in force since: this act will fail.',
}

export const catalogue: Catalogue<Words> = { fr, en }
