// What each grave verb does, in words that two people can sign: by the verb's id. A verb that is not here is shown by its id and its
// input, as it was signed.
import type { ComponentType } from 'preact'
import type { Locale } from '../../shared/locale.ts'

/** What was signed, as the verb takes it. */
export type SignedInput = Readonly<Record<string, unknown>>

export interface SignedProps {
  readonly input: SignedInput
  /** Not run yet, and not ended. */
  readonly open: boolean
}

export interface VerbWords {
  /** What would happen, as a heading: a verb and its object. */
  readonly title: Readonly<Record<Locale, string>>
  /** A sentence or two: what follows from it, and what cannot be undone. */
  readonly text?: Readonly<Record<Locale, string>>
  /** Names of the input's members, for the table. */
  readonly members?: Readonly<Record<string, Readonly<Record<Locale, string>>>>
  /** More than a table: drawn in its place. Loaded when an act of that verb is opened. */
  readonly load?: () => Promise<{ readonly default: ComponentType<SignedProps> }>
}

/** Each area of the console adds its grave verbs. */
export const VERB_WORDS: Readonly<Record<string, VerbWords>> = {
  'people.set-role': {
    title: { fr: 'Changer un rôle de propriétaire', en: 'Change an owner’s role' },
    text: {
      fr: 'Quelqu’un devient propriétaire, ou cesse de l’être. Un propriétaire peut tout faire dans la console, seul ou avec un second selon l’acte.',
      en: 'Somebody becomes an owner, or no longer is one. An owner can do everything in the console, alone or with a second as the act asks.',
    },
    members: {
      id: { fr: 'Personne', en: 'Person' },
      role: { fr: 'Nouveau rôle', en: 'New role' },
      version: { fr: 'Fiche, version', en: 'Record, version' },
    },
  },
  'people.delete': {
    title: { fr: 'Supprimer un propriétaire', en: 'Delete an owner' },
    text: {
      fr: 'Ses accès, clés et appareils disparaissent. Son nom reste pour ce qu’en dit le journal d’audit. On ne peut pas revenir en arrière.',
      en: 'Their access, keys and devices are gone. Their name stays for what the audit log says of it. There is no way back.',
    },
    members: { id: { fr: 'Personne', en: 'Person' }, version: { fr: 'Fiche, version', en: 'Record, version' } },
  },
  'sessions.end-group': {
    title: { fr: 'Fermer toutes les sessions d’un groupe', en: 'End all sessions of a group' },
    text: {
      fr: 'Toutes les connexions et tous les appareils de ses membres sont fermés, sauf ceux des deux administrateurs qui signent. Chacun peut se reconnecter avec sa clé.',
      en: 'All sign-ins and devices of its members are ended, but those of the two administrators who sign. Everyone can sign in again with their key.',
    },
    members: { group: { fr: 'Groupe', en: 'Group' } },
    load: () => import('../sessions/act.tsx'),
  },
  'sessions.end-everyone': {
    title: { fr: 'Fermer les sessions de tout le monde', en: 'End everyone’s sessions' },
    text: {
      fr: 'Toutes les connexions et tous les appareils sont fermés, sauf ceux des deux administrateurs qui signent. Les services continuent. Chacun peut se reconnecter avec sa clé.',
      en: 'All sign-ins and devices are ended, but those of the two administrators who sign. Services go on. Everyone can sign in again with their key.',
    },
    load: () => import('../sessions/act.tsx'),
  },
  'privacy.reveal-room': {
    title: { fr: 'Révéler le nom d’un salon', en: 'Reveal the name of a room' },
    text: {
      fr: 'Le nom n’est montré qu’aux deux administrateurs qui signent, sur la page « Salons révélés », pendant une heure. L’acte est inscrit au journal.',
      en: 'The name is shown only to the two administrators who sign, on the page “Revealed rooms”, for an hour. The act is written in the audit log.',
    },
    members: { room: { fr: 'Pseudonyme', en: 'Pseudonym' }, reason: { fr: 'Pourquoi', en: 'Why' } },
  },
  'privacy.erase': {
    title: { fr: 'Effacer la lecture d’une personne', en: 'Erase a person’s reading' },
    text: {
      fr: 'Efface ses lignes de lecture et ses habitudes. Restent le journal d’audit, les reçus, les incidents et ce qui compte dans ses limites. On ne peut pas revenir en arrière.',
      en: 'Erases their lines of reading and their habits. The audit log, receipts, incidents and what counts in their limits stay. There is no way back.',
    },
    members: { person: { fr: 'Personne', en: 'Person' }, reason: { fr: 'Pourquoi', en: 'Why' } },
  },
  'policy.apply': {
    title: { fr: 'Assouplir les limites', en: 'Loosen the limits' },
    text: {
      fr: 'Une nouvelle version de la politique entre en vigueur partout en deux secondes. Elle laisse lire davantage.',
      en: 'A new version of the policy is in force everywhere within two seconds. It lets more be read.',
    },
    load: () => import('../policy/signed.tsx'),
  },
  'policy.roll-back': {
    title: { fr: 'Revenir à une version plus large', en: 'Roll back to a wider version' },
    text: {
      fr: 'Une version antérieure de la politique revient en vigueur. Elle laisse lire davantage que l’actuelle.',
      en: 'An earlier version of the policy comes back into force. It lets more be read than the one in force.',
    },
    members: {
      number: { fr: 'Version', en: 'Version' },
      based_on: { fr: 'À la place de la version', en: 'In place of version' },
    },
    load: () => import('../policy/signed.tsx'),
  },
  'policy.emergency': {
    title: { fr: 'Lever l’urgence', en: 'End the emergency' },
    text: {
      fr: 'L’historique se lit à nouveau dans les limites de la politique, sans toucher de clé à chaque lecture.',
      en: 'History is read again within the limits of the policy, without a tap for each reading.',
    },
    members: { state: { fr: 'Urgence', en: 'Emergency' } },
  },
}
