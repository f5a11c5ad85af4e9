import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  readonly more: string
  readonly shown: (count: string, total: string | null) => string
  readonly emptyTitle: string
  readonly retry: string
  readonly selectAll: string
  readonly selectRow: (name: string) => string
  readonly close: string
  readonly copy: string
  readonly copied: string
  readonly copyFailed: string
  readonly saved: string
  readonly optional: string
  readonly actTitle: string
  readonly actText: string
  readonly actLook: string
  readonly tapTitle: Readonly<Record<'stale' | 'over', string>>
  readonly tapText: Readonly<Record<'stale' | 'over', string>>
  readonly tap: string
  readonly conflictTitle: string
  readonly chart: string
  readonly table: string
  readonly time: string
  readonly never: string
  readonly working: string
  readonly loosens: string
  readonly nothing: string
  readonly yes: string
  readonly no: string
}

const fr: Words = {
  more: 'Afficher la suite',
  shown: (count, total) => (total === null ? `Affichés : ${count}` : `Affichés : ${count} sur ${total}`),
  emptyTitle: 'Rien ici pour l’instant',
  retry: 'Réessayer',
  selectAll: 'Tout sélectionner',
  selectRow: (name) => `Sélectionner ${name}`,
  close: 'Fermer',
  copy: 'Copier',
  copied: 'Copié',
  copyFailed: 'La copie a échoué : sélectionnez le texte et copiez-le.',
  saved: 'C’est fait.',
  optional: 'facultatif',
  actTitle: 'Il faut deux signatures',
  actText:
    'Rien n’est encore fait. Signez votre demande avec votre clé, puis un second administrateur la signera. S’il n’y a pas d’autre propriétaire, elle attendra un jour.',
  actLook: 'Ouvrir la demande et la signer',
  tapTitle: { stale: 'Touchez votre clé', over: 'Votre session est terminée' },
  tapText: {
    stale:
      'Pour modifier, il faut avoir touché sa clé il y a moins de cinq minutes. Rien de ce que vous avez saisi n’est perdu.',
    over: 'Touchez votre clé pour continuer là où vous en étiez.',
  },
  tap: 'Toucher ma clé',
  conflictTitle: 'Modifié entre-temps',
  chart: 'Courbe',
  table: 'Tableau',
  time: 'Date et heure',
  never: 'jamais',
  working: 'En cours…',
  loosens: 'Cela assouplit, et se décide à deux :',
  nothing: 'rien',
  yes: 'oui',
  no: 'non',
}

const en: Words = {
  more: 'Show more',
  shown: (count, total) => (total === null ? `${count} shown` : `${count} shown of ${total}`),
  emptyTitle: 'Nothing here yet',
  retry: 'Try again',
  selectAll: 'Select all',
  selectRow: (name) => `Select ${name}`,
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Copying did not work: select the text and copy it.',
  saved: 'Done.',
  optional: 'optional',
  actTitle: 'Two signatures are needed',
  actText:
    'Nothing is done yet. Sign what you ask for with your key, then a second administrator signs it. If you are the only one, it waits a day.',
  actLook: 'Open the request and sign it',
  tapTitle: { stale: 'Touch your key', over: 'Your session is over' },
  tapText: {
    stale: 'A change needs a touch that is at most five minutes old. Nothing you typed is lost.',
    over: 'Touch your key to go on where you were.',
  },
  tap: 'Touch my key',
  conflictTitle: 'Changed meanwhile',
  chart: 'Chart',
  table: 'Table',
  time: 'Time',
  never: 'never',
  working: 'Working…',
  loosens: 'This loosens, and two people decide it:',
  nothing: 'nothing',
  yes: 'yes',
  no: 'no',
}

export const catalogue: Catalogue<Words> = { fr, en }
