import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly nothing: string
  readonly nothingText: string
  readonly release: string
  readonly releaseText: string
}

const fr: Words = {
  title: 'Vue d’ensemble',
  lead: 'Ce qui demande votre attention.',
  nothing: 'Rien ne demande votre attention',
  nothingText: 'Ce qui attend une décision apparaît ici.',
  release: 'Autorisations à deux',
  releaseText:
    'Demander, ou signer, une lecture au-delà des limites (enquête) ou la fin de l’application des limites (panne).',
}

const en: Words = {
  title: 'Overview',
  lead: 'What needs your attention.',
  nothing: 'Nothing needs your attention',
  nothingText: 'What waits for a decision appears here.',
  release: 'Releases by two',
  releaseText: 'Ask for, or sign, a reading past the limits (investigation) or an end of enforcing them (outage).',
}

export const catalogue: Catalogue<Words> = { fr, en }
