import type { Catalogue } from '../../shared/locale.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly nothing: string
  readonly nothingText: string
  readonly release: string
  readonly releaseText: string
  readonly steps: Readonly<Record<'secondKey' | 'secondOwner' | 'secondOwnersKey' | 'people' | 'metadata', Step>> & {
    readonly title: string
    /** Before the commands: that a second owner need not wait for the day. */
    readonly onServer: string
    readonly next: string
    /** In a command: whose username. */
    readonly username: string
  }
}

interface Step {
  readonly what: string
  readonly why: string
}

const fr: Words = {
  title: 'Vue d’ensemble',
  lead: 'Ce qui demande votre attention.',
  nothing: 'Rien ne demande votre attention',
  nothingText: 'Ce qui attend une décision apparaît ici.',
  release: 'Autorisations à deux',
  releaseText: 'Demander, ou signer, une lecture au-delà des limites (enquête) ou la suspension des limites (panne).',
  steps: {
    title: 'Pour bien commencer',
    onServer: 'Sans attendre, sur le serveur :',
    next: 'puis',
    username: 'IDENTIFIANT',
    secondKey: {
      what: 'Ajoutez une seconde clé à votre compte',
      why: 'Si la première se perd, vous pourrez encore vous connecter.',
    },
    secondOwner: {
      what: 'Nommez un second propriétaire',
      why: 'À deux, ce qui est grave se fait tout de suite. Seul, il faut attendre un jour, y compris pour nommer un propriétaire ici.',
    },
    secondOwnersKey: {
      what: 'Donnez une clé au second propriétaire',
      why: 'Tant qu’il n’en a pas, vous êtes seul : ce qui est grave attend un jour.',
    },
    people: {
      what: 'Ajoutez les personnes',
      why: 'Par un fichier, une à une, ou par votre annuaire (SCIM).',
    },
    metadata: {
      what: 'Chargez les métadonnées FIDO',
      why: 'Sans elles, aucune clé n’est reconnue comme certifiée.',
    },
  },
}

const en: Words = {
  title: 'Overview',
  lead: 'What needs your attention.',
  nothing: 'Nothing needs your attention',
  nothingText: 'What waits for a decision appears here.',
  release: 'Releases by two',
  releaseText: 'Ask for, or sign, a reading past the limits (investigation) or an end of enforcing them (outage).',
  steps: {
    title: 'To begin with',
    onServer: 'Without waiting, on the server:',
    next: 'then',
    username: 'USERNAME',
    secondKey: { what: 'Add a second key to your account', why: 'If the first is lost, you still get in.' },
    secondOwner: {
      what: 'Name a second owner',
      why: 'By two, what is grave is done at once. Alone, it waits a day, and so does naming an owner here.',
    },
    secondOwnersKey: {
      what: 'Give the second owner a key',
      why: 'Until they have one you are alone: what is grave waits a day.',
    },
    people: { what: 'Bring people in', why: 'From a file, one by one, or from your directory (SCIM).' },
    metadata: { what: 'Load the FIDO metadata', why: 'Without it no key is known to be certified.' },
  },
}

export const catalogue: Catalogue<Words> = { fr, en }
