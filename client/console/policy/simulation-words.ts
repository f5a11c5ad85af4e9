import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  /** Of a row of taps. */
  readonly meter: string
  readonly simulate: string
  readonly simulating: string
  readonly simulateText: string
  readonly simulateGenerated: string
  readonly stop: string
  readonly day: (day: number, days: number) => string
  readonly storedTitle: (days: number) => string
  readonly generatedTitle: string
  readonly generatedText: string
  readonly partial: (played: number, days: number) => string
  readonly people: string
  readonly tapsAWeek: string
  readonly tapKinds: Readonly<Record<'archive' | 'catchUp' | 'other' | 'stepUp', string>>
  readonly median: string
  readonly p95: string
  readonly most: string
  readonly weeksWithAny: string
  readonly nowColumn: string
  readonly nextColumn: string
  readonly thief: string
  readonly thiefText: string
  readonly hours: (hours: number) => string
  readonly held: string
  readonly messages: string
  readonly files: string
  readonly entries: string
  readonly keys: string
  readonly outliers: string
  readonly outliersEmpty: string
  readonly historyAWeek: string
  readonly timesMedian: string
  readonly person: string
}

const fr: Words = {
  meter: 'Ce qui est compté',
  simulate: 'Simuler',
  simulating: 'Simulation en cours…',
  simulateText:
    'Rejoue les 30 derniers jours de lecture sous la politique en vigueur et sous celle-ci : qui devrait toucher sa clé, et ce qu’un voleur prendrait.',
  simulateGenerated: 'Simuler sur une organisation fictive',
  stop: 'Arrêter',
  day: (day, days) => `Jour ${day} sur ${days}`,
  storedTitle: (days) => `Sur les ${days} derniers jours de lecture`,
  generatedTitle: 'Sur une organisation fictive',
  generatedText:
    'Aucune lecture n’est encore enregistrée : ces chiffres sont ceux de cent personnes fictives pendant cinq semaines.',
  partial: (played, days) => `Le temps imparti est écoulé : ${played} jours sur ${days} ont été rejoués.`,
  people: 'Personnes',
  tapsAWeek: 'Appuis par personne et par semaine',
  tapKinds: { archive: 'anciens messages', catchUp: 'rattrapage', other: 'autres', stepUp: 'tous' },
  median: 'Médiane',
  p95: '95 %',
  most: 'Maximum',
  weeksWithAny: 'Semaines avec au moins un appui',
  nowColumn: 'En vigueur',
  nextColumn: 'Proposée',
  thief: 'Ce que prendrait un voleur',
  thiefText: 'Avec la session de la personne qui lit le plus, si personne ne la ferme, et sans sa clé.',
  hours: (hours) => (hours < 48 ? `${hours} h` : `${hours / 24} jours`),
  held: 'Session tenue',
  messages: 'Messages',
  files: 'Fichiers',
  entries: 'Entrées d’annuaire',
  keys: 'Clés',
  outliers: 'Personnes qui se distinguent, avec la politique proposée',
  outliersEmpty: 'Personne ne se distingue.',
  historyAWeek: 'Historique par semaine',
  timesMedian: 'Multiple de la médiane',
  person: 'Personne',
}

const en: Words = {
  meter: 'What is counted',
  simulate: 'Simulate',
  simulating: 'Simulating…',
  simulateText:
    'Plays the last 30 days of reading under the policy in force and under this one: who would have to tap, and what a thief would take.',
  simulateGenerated: 'Simulate on a made-up organisation',
  stop: 'Stop',
  day: (day, days) => `Day ${day} of ${days}`,
  storedTitle: (days) => `On the last ${days} days of reading`,
  generatedTitle: 'On a made-up organisation',
  generatedText: 'No reading is stored yet: these figures are those of a hundred made-up people over five weeks.',
  partial: (played, days) => `Time was up: ${played} of ${days} days were played.`,
  people: 'People',
  tapsAWeek: 'Taps a person and week',
  tapKinds: { archive: 'old messages', catchUp: 'catch-up', other: 'others', stepUp: 'in all' },
  median: 'Median',
  p95: '95 %',
  most: 'Most',
  weeksWithAny: 'Weeks with any tap',
  nowColumn: 'In force',
  nextColumn: 'Proposed',
  thief: 'What a thief would take',
  thiefText: 'With the session of whoever reads most, that nobody ends, and without their key.',
  hours: (hours) => (hours < 48 ? `${hours} h` : `${hours / 24} days`),
  held: 'Session held',
  messages: 'Messages',
  files: 'Files',
  entries: 'Directory entries',
  keys: 'Keys',
  outliers: 'People who stand out, under the proposed policy',
  outliersEmpty: 'Nobody stands out.',
  historyAWeek: 'History a week',
  timesMedian: 'Times the median',
  person: 'Person',
}

export const catalogue: Catalogue<Words> = { fr, en }
