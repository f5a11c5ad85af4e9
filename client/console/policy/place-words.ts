// Places of the policy document, in the words that its form and its summary use.
import type { WrittenPolicy } from '../../../server/policy/document.ts'
import type { Catalogue } from '../../shared/locale.ts'

interface PlaceWords {
  /** Sections; what is wrong with the file itself has none. */
  readonly sections: Readonly<Record<keyof WrittenPolicy | 'based_on', string>>
  readonly names: Readonly<Record<string, string>>
  readonly file: string
  /** The entry of a list of windows or limits; of a list of rules. Counted from 1. */
  readonly window: (entry: number) => string
  readonly rule: (entry: number) => string
}

const fr: PlaceWords = {
  sections: {
    windows: 'Limites',
    rooms: 'Salons dont on lit l’historique',
    first_sync: 'Messages d’une première synchronisation',
    taps: 'Ce qu’un appui autorise',
    weights: 'Poids d’un message',
    live_window: 'Âge auquel un message devient ancien',
    idle_after: 'Inactivité d’un appareil',
    give_backs: 'Restitutions en 30 jours',
    limits: 'Limites de groupes',
    enforcement: 'Application par groupe et par date',
    exemptions: 'Exemptions',
    existing_logins: 'Connexions d’avant',
    detection: 'Détection',
    emergency: 'Urgence',
    based_on: 'Version d’origine du fichier',
  },
  names: {
    window: 'durée',
    buckets: 'nombre de tranches',
    limit: 'limite',
    units: 'quantité',
    for: 'pendant',
    plaintext: 'message en clair',
    encrypted: 'message chiffré',
    group: 'groupe',
    from: 'à partir du',
    until: 'jusqu’au',
    mode: 'effet',
    user: 'identifiant Matrix',
    client: 'application',
    reason: 'motif',
    action: 'suite donnée',
    rooms: 'salons',
    first_sync: 'première synchronisation',
    windows: 'limites',
    taps: 'ce qu’un appui autorise',
    minutes: 'minutes de suite',
    events: 'messages',
    variation: 'variation du rythme',
    rows: 'entrées d’annuaire',
    days: 'jours',
    denied: 'demandes refusées',
    together: 'signaux réunis',
    signals: 'signaux',
    since: 'depuis',
  },
  file: 'Le fichier',
  window: (entry) => `fenêtre n° ${entry}`,
  rule: (entry) => `règle n° ${entry}`,
}

const en: PlaceWords = {
  sections: {
    windows: 'Limits',
    rooms: 'Rooms whose history is read',
    first_sync: 'Messages of a first sync',
    taps: 'What a tap releases',
    weights: 'Weight of a message',
    live_window: 'Age at which a message is history',
    idle_after: 'Idle time of a device',
    give_backs: 'Times given back in 30 days',
    limits: 'Limits of groups',
    enforcement: 'Enforcement by group and date',
    exemptions: 'Exemptions',
    existing_logins: 'Sign-ins from before',
    detection: 'Detection',
    emergency: 'Emergency',
    based_on: 'Version that the file was made from',
  },
  names: {
    window: 'length',
    buckets: 'number of parts',
    limit: 'limit',
    units: 'how much',
    for: 'for',
    plaintext: 'readable message',
    encrypted: 'encrypted message',
    group: 'group',
    from: 'from',
    until: 'until',
    mode: 'effect',
    user: 'Matrix user id',
    client: 'application',
    reason: 'reason',
    action: 'what is done',
    rooms: 'rooms',
    first_sync: 'first sync',
    windows: 'limits',
    taps: 'what a tap releases',
    minutes: 'minutes in a row',
    events: 'messages',
    variation: 'variation of the pace',
    rows: 'directory entries',
    days: 'days',
    denied: 'prompts denied',
    together: 'signals together',
    signals: 'signals',
    since: 'since',
  },
  file: 'The file',
  window: (entry) => `window ${entry}`,
  rule: (entry) => `rule ${entry}`,
}

export const places: Catalogue<PlaceWords> = { fr, en }
