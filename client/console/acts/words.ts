import type { ActStateName } from '../../../server/console/acts/port.ts'
import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly caption: string
  readonly show: string
  readonly open: string
  readonly closed: string
  readonly what: string
  readonly reason: string
  readonly askedBy: string
  readonly askedAt: string
  readonly stateName: string
  readonly emptyOpen: string
  readonly emptyClosed: string
  readonly emptyText: string
  readonly states: Readonly<Record<ActStateName, string>>
  readonly yours: string
  readonly unknownVerb: (verb: string) => string
  readonly back: string
  readonly first: string
  readonly second: string
  readonly alone: string
  readonly expires: string
  readonly ended: string
  readonly signed: (name: string) => string
  readonly notYet: string
  readonly input: string
  readonly exact: string
  readonly exactText: string
  readonly sign: string
  readonly signFirst: string
  readonly signSecond: string
  readonly signing: string
  readonly deny: string
  readonly denyTitle: string
  readonly denyText: string
  readonly withdraw: string
  readonly withdrawTitle: string
  readonly withdrawText: string
  readonly receipt: string
  readonly delayedTitle: string
  readonly delayedText: string
  readonly delayedAt: string
  readonly doneTitle: string
  readonly doneText: string
  readonly failedTitle: string
  readonly runningTitle: string
  readonly runningText: string
  readonly overTitle: Readonly<Record<'denied' | 'withdrawn' | 'expired', string>>
  readonly overText: string
  readonly answer: string
  readonly waitingTitle: (count: number) => string
  readonly waitingText: string
  readonly waitingBadge: string
  readonly waitingLook: string
  readonly releases: string
  readonly releasesText: string
  readonly yes: string
  readonly no: string
  readonly nobody: string
  readonly saidSigned: string
}

const fr: Words = {
  title: 'Actes à deux',
  lead: 'Ce qui est grave se signe à deux : deux administrateurs différents touchent leur clé sur le même texte.',
  caption: 'Actes à deux, les plus récents d’abord',
  show: 'Afficher',
  open: 'En cours',
  closed: 'Terminés',
  what: 'Ce qui serait fait',
  reason: 'Motif',
  askedBy: 'Demandé par',
  askedAt: 'Demandé le',
  stateName: 'État',
  emptyOpen: 'Aucun acte en attente',
  emptyClosed: 'Aucun acte n’a été mené à son terme',
  emptyText: 'Un acte apparaît ici quand quelqu’un demande, ailleurs dans la console, quelque chose de grave.',
  states: {
    requested: 'À signer par deux',
    'awaiting-second': 'Attend une seconde signature',
    delayed: 'Attend un jour',
    granted: 'Signé par deux',
    running: 'En cours d’exécution',
    done: 'Fait',
    failed: 'Échoué',
    denied: 'Refusé',
    withdrawn: 'Retiré',
    expired: 'Expiré',
  },
  yours: 'attend votre signature',
  unknownVerb: (verb) => `Exécuter « ${verb} »`,
  back: 'Tous les actes',
  first: 'Première signature',
  second: 'Seconde signature',
  alone: 'Aucune : il n’y avait qu’un propriétaire',
  expires: 'À signer avant le',
  ended: 'Terminé le',
  signed: (name) => `${name}, `,
  notYet: 'Pas encore',
  input: 'Ce qui serait fait, exactement',
  exact: 'Le texte signé, octet pour octet',
  exactText: 'C’est sur ce texte que portent les deux signatures. Le reçu le contient.',
  sign: 'Signer',
  signFirst:
    'Votre signature est la première : rien ne se fait avant la seconde, d’un autre administrateur. Si vous êtes le seul propriétaire, l’acte attendra un jour.',
  signSecond: 'Votre signature est la seconde : l’acte s’exécute aussitôt.',
  signing: 'Signer cet acte',
  deny: 'Refuser',
  denyTitle: 'Refuser cet acte ?',
  denyText: 'Il ne sera pas exécuté. La personne qui l’a demandé peut le demander à nouveau.',
  withdraw: 'Retirer',
  withdrawTitle: 'Retirer cet acte ?',
  withdrawText: 'Il ne sera pas exécuté, même déjà signé une fois.',
  receipt: 'Télécharger le reçu',
  delayedTitle: 'Signé par le seul propriétaire',
  delayedText:
    'Il n’y a qu’un propriétaire : l’acte attend un jour, et tous ceux qui reçoivent les alertes ont été prévenus. D’ici là, on peut le retirer.',
  delayedAt: 'S’exécute le',
  doneTitle: 'C’est fait',
  doneText: 'Les signatures ont été vérifiées une dernière fois, puis l’acte a été exécuté.',
  failedTitle: 'Ce n’a pas été fait',
  runningTitle: 'En cours d’exécution',
  runningText: 'Cette page se met à jour d’elle-même.',
  overTitle: { denied: 'Refusé', withdrawn: 'Retiré', expired: 'Expiré avant la seconde signature' },
  overText:
    'Rien n’a été fait, et cet acte ne peut plus être signé. Si c’est encore utile, faites une nouvelle demande.',
  answer: 'Réponse',
  waitingTitle: (count) =>
    count === 1 ? 'Un acte attend votre signature' : `${count} actes attendent votre signature`,
  waitingBadge: 'à signer',
  waitingText: 'Lisez ce qui serait fait, et pourquoi, avant de toucher votre clé.',
  waitingLook: 'Voir les actes',
  releases: 'Autorisations à deux',
  releasesText: 'Lectures au-delà des limites (enquête) et suspension des limites (panne).',
  yes: 'Oui',
  no: 'Non',
  nobody: 'Aucune valeur',
  saidSigned: 'Signé.',
}

const en: Words = {
  title: 'Acts by two',
  lead: 'What is grave takes two: two different administrators touch their keys over the same text.',
  caption: 'Acts by two, the newest first',
  show: 'Show',
  open: 'Under way',
  closed: 'Ended',
  what: 'What would be done',
  reason: 'Reason',
  askedBy: 'Asked by',
  askedAt: 'Asked at',
  stateName: 'State',
  emptyOpen: 'No act is waiting',
  emptyClosed: 'No act has come to an end',
  emptyText: 'An act appears here when somebody asks, elsewhere in the console, for something grave.',
  states: {
    requested: 'To be signed by two',
    'awaiting-second': 'Waits for a second signature',
    delayed: 'Waits a day',
    granted: 'Signed by two',
    running: 'Running',
    done: 'Done',
    failed: 'Failed',
    denied: 'Denied',
    withdrawn: 'Withdrawn',
    expired: 'Expired',
  },
  yours: 'waits for your signature',
  unknownVerb: (verb) => `Run “${verb}”`,
  back: 'All acts',
  first: 'First signature',
  second: 'Second signature',
  alone: 'None: there was only one owner',
  expires: 'To be signed before',
  ended: 'Ended at',
  signed: (name) => `${name}, `,
  notYet: 'Not yet',
  input: 'What would be done, exactly',
  exact: 'The text that is signed, byte for byte',
  exactText: 'Both signatures are over this text. The receipt holds it.',
  sign: 'Sign',
  signFirst:
    'Yours is the first signature: nothing is done before the second, of another administrator. If you are the only owner, the act will wait a day.',
  signSecond: 'Yours is the second signature: the act is run at once.',
  signing: 'Sign this act',
  deny: 'Deny',
  denyTitle: 'Deny this act?',
  denyText: 'It will not be run. Whoever asked can ask again.',
  withdraw: 'Withdraw',
  withdrawTitle: 'Withdraw this act?',
  withdrawText: 'It will not be run, even if it was signed once.',
  receipt: 'Download the receipt',
  delayedTitle: 'Signed by the only owner',
  delayedText:
    'There is only one owner: the act waits a day, and everybody who gets alerts has been told. Until then it can be withdrawn.',
  delayedAt: 'Runs at',
  doneTitle: 'It is done',
  doneText: 'The signatures were checked once more, then the act was run.',
  failedTitle: 'It was not done',
  runningTitle: 'Running',
  runningText: 'This page follows by itself.',
  overTitle: { denied: 'Denied', withdrawn: 'Withdrawn', expired: 'Expired before the second signature' },
  overText: 'Nothing was done, and this act takes no signature any more. If it is still needed, ask again.',
  answer: 'Answer',
  waitingTitle: (count) => (count === 1 ? 'An act waits for your signature' : `${count} acts wait for your signature`),
  waitingBadge: 'to sign',
  waitingText: 'Read what would be done, and why, before you touch your key.',
  waitingLook: 'See the acts',
  releases: 'Releases by two',
  releasesText: 'Readings past the limits (investigation), and an end of enforcing them (outage).',
  yes: 'Yes',
  no: 'No',
  nobody: 'No value',
  saidSigned: 'Signed.',
}

export const catalogue: Catalogue<Words> = { fr, en }
