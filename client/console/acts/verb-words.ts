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
      fr: 'Quelqu’un devient propriétaire, ou cesse de l’être. Un propriétaire peut tout faire dans la console, seul ou à deux selon l’acte.',
      en: 'Somebody becomes an owner, or no longer is one. An owner can do everything in the console, alone or with a second as the act asks.',
    },
    members: {
      id: { fr: 'Personne', en: 'Person' },
      role: { fr: 'Nouveau rôle', en: 'New role' },
      version: { fr: 'Version de la fiche', en: 'Version of the record' },
    },
  },
  'people.delete': {
    title: { fr: 'Supprimer un propriétaire', en: 'Delete an owner' },
    text: {
      fr: 'Ses accès, clés et appareils disparaissent. Seul reste ce que le journal d’audit dit de cette personne. On ne peut pas revenir en arrière.',
      en: 'Their access, keys and devices are gone. Their name stays for what the audit log says of it. There is no way back.',
    },
    members: {
      id: { fr: 'Personne', en: 'Person' },
      version: { fr: 'Version de la fiche', en: 'Version of the record' },
    },
  },
  'groups.add-members': {
    title: { fr: 'Mettre des personnes dans un groupe', en: 'Put people into a group' },
    text: {
      fr: 'Elles pourront lire davantage, ou enregistrer des clés qui étaient refusées : ce qui change pour chacune est ci-dessous. Si les groupes ou la politique changent avant la seconde signature, rien n’est fait.',
      en: 'They may read more, or enrol keys that were refused: what changes for each is below. If groups or the policy change before the second signature, nothing is done.',
    },
    load: () => import('../people/move-act.tsx'),
  },
  'groups.remove-members': {
    title: { fr: 'Retirer des personnes d’un groupe', en: 'Take people out of a group' },
    text: {
      fr: 'Sans ce groupe, elles pourront lire davantage, ou enregistrer des clés qui étaient refusées : ce qui change pour chacune est ci-dessous. Si les groupes ou la politique changent avant la seconde signature, rien n’est fait.',
      en: 'Without this group they may read more, or enrol keys that were refused: what changes for each is below. If groups or the policy change before the second signature, nothing is done.',
    },
    load: () => import('../people/move-act.tsx'),
  },
  'key-policies.set': {
    title: { fr: 'Demander moins aux clés d’un groupe', en: 'Ask less of a group’s keys' },
    text: {
      fr: 'Des clés qui étaient refusées pourront être enregistrées par les membres du groupe. Si sa règle change avant la seconde signature, rien n’est fait.',
      en: 'Members of the group may enrol keys that were refused. If its policy changes before the second signature, nothing is done.',
    },
    load: () => import('../keys/policy-act.tsx'),
  },
  'key-policies.remove': {
    title: { fr: 'Retirer la règle de clés d’un groupe', en: 'Take a group’s policy of keys away' },
    text: {
      fr: 'Comptent ensuite les autres groupes de ses membres, ou le réglage général. Si la règle change avant la seconde signature, rien n’est fait.',
      en: 'Its members’ other groups count then, or the setting. If the policy changes before the second signature, nothing is done.',
    },
    load: () => import('../keys/policy-act.tsx'),
  },
  'models.allow': {
    title: { fr: 'Admettre des modèles de clés', en: 'Allow models of keys' },
    text: {
      fr: 'Les groupes qui demandent « attested » admettent à nouveau des clés de ces modèles.',
      en: 'Groups that ask for “attested” admit keys of these models again.',
    },
    members: { aaguids: { fr: 'Modèles', en: 'Models' } },
  },
  'sessions.end-group': {
    title: { fr: 'Déconnecter tout un groupe', en: 'Sign a whole group out' },
    text: {
      fr: 'Tous ses membres sont déconnectés, sur tous leurs appareils, sauf les deux administrateurs qui signent. Chacun peut se reconnecter avec sa clé.',
      en: 'All sign-ins and devices of its members are ended, but those of the two administrators who sign. Everyone can sign in again with their key.',
    },
    members: { group: { fr: 'Groupe', en: 'Group' } },
    load: () => import('../sessions/act.tsx'),
  },
  'sessions.end-everyone': {
    title: { fr: 'Déconnecter tout le monde', en: 'Sign everyone out' },
    text: {
      fr: 'Tout le monde est déconnecté, sur tous les appareils, sauf les deux administrateurs qui signent. Les services continuent. Chacun peut se reconnecter avec sa clé.',
      en: 'All sign-ins and devices are ended, but those of the two administrators who sign. Services go on. Everyone can sign in again with their key.',
    },
    load: () => import('../sessions/act.tsx'),
  },
  'privacy.reveal-room': {
    title: { fr: 'Révéler le nom d’un salon', en: 'Reveal the name of a room' },
    text: {
      fr: 'Le nom n’est montré qu’aux deux administrateurs qui signent, sur la page « Salons révélés », pendant une heure. L’acte est inscrit au journal.',
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
      fr: 'L’historique se lit à nouveau dans les limites de la politique, sans qu’il faille toucher sa clé à chaque lecture.',
      en: 'History is read again within the limits of the policy, without a tap for each reading.',
    },
    members: { state: { fr: 'Urgence', en: 'Emergency' } },
  },
}
