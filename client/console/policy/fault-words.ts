// A sentence for each kind of fault that a policy can have. A kind without one fails the type check.
import type { FaultCode, FaultOf } from '../../../server/policy/fault.ts'
import { type Catalogue, number } from '../../shared/locale.ts'
import { amount } from './document.ts'

/** `value`: what is written there, as JSON; null where nothing is. */
type Sentences = {
  readonly [Code in FaultCode]: (members: FaultOf<Code>, value: string | null) => string
}

/** Text without the quotes of JSON: those of the sentence are enough. */
const bare = (value: string) => value.replace(/^"(.*)"$/, '$1')

const frFound = (value: string | null) => (value === null ? ' Rien n’est écrit.' : ` On lit « ${bare(value)} ».`)
const frNumber = (value: number) => number('fr', value)

const fr: Sentences = {
  'unknown-name': ({ name, known }) =>
    `Le nom « ${name} » n’existe pas ici.${known.length > 0 ? ` Noms possibles : ${known.join(', ')}.` : ''}`,
  'unknown-group': ({ group }) => `Aucun groupe ne s’appelle « ${group} ».`,
  'not-duration': ({ least, most }, value) =>
    `Il faut une durée de « ${least} » à « ${most} », avec son unité : s, min, h, ou d pour les jours.${frFound(value)}`,
  'not-size': ({ least, most }, value) =>
    `Il faut une taille de « ${amount('fr', least)} » à « ${amount('fr', most)} », avec son unité : o, ko, Mo, Go ou To (dans le fichier YAML : B, kB, MB, GB ou TB).${frFound(value)}`,
  'not-count': ({ least, most }, value) =>
    `Il faut un nombre entier, de ${frNumber(least)} à ${frNumber(most)}.${frFound(value)}`,
  'not-number': ({ least, most }, value) =>
    `Il faut un nombre, de ${frNumber(least)} à ${frNumber(most)}.${frFound(value)}`,
  'not-one-of': ({ among }, value) =>
    `Il faut l’un de ces mots : ${among.map((word) => `« ${word} »`).join(', ')}.${frFound(value)}`,
  'not-line': ({ least, most }, value) =>
    `Il faut un texte d’une seule ligne, de ${least} à ${most} caractères, sans espace au début ni à la fin.${frFound(value)}`,
  'not-instant': (_, value) =>
    `Il faut une date, par exemple 2026-10-01, ou une date et une heure, par exemple 2026-10-01T08:00:00Z.${frFound(value)}`,
  'not-windows': () => 'Il faut une liste de fenêtres, par exemple { window: 1 h, buckets: 60, limit: 500 }.',
  'not-limits': () => 'Il faut une liste de limites : une par fenêtre, dans le même ordre.',
  'not-list': (_, value) => `Il faut une liste.${frFound(value)}`,
  'not-names': (_, value) => `Il faut des noms suivis de leur valeur.${frFound(value)}`,
  'too-few': ({ least }) => `Il en faut au moins ${frNumber(least)}.`,
  'too-many': ({ most }) => `Il en faut au plus ${frNumber(most)}.`,
  'not-user-id': (_, value) => `Il faut un identifiant Matrix, par exemple @ada:exemple.fr.${frFound(value)}`,
  'not-version': (_, value) => `Il faut le numéro d’une version.${frFound(value)}`,
  'windows-fixed': ({ layout }) =>
    `Ces fenêtres sont fixes : ${layout.join(', ')}. Seules leurs limites peuvent être modifiées.`,
  'buckets-uneven': ({ window }, value) =>
    `Il faut un nombre qui divise ${window} en secondes entières.${frFound(value)}`,
  'plaintext-below-ciphertext': ({ least }, value) =>
    `Il faut au moins ${frNumber(least)} : un message en clair ne peut pas compter moins qu’un message chiffré.${frFound(value)}`,
  'shorter-allows-more': ({ most, shorter, longer }) =>
    `Il faut au plus ${most}, la limite sur ${longer} : on ne peut pas lire davantage en moins de temps (${shorter}).`,
  'tap-beyond-taps': ({ most }) =>
    `Il faut au plus ${frNumber(most)} : c’est tout ce que les appuis peuvent autoriser, et aucun appui ne serait accepté.`,
  'limit-for-everyone': () =>
    'Il faut un groupe. Ce qui vaut pour tout le monde se règle dans les sections windows, rooms, first_sync et taps.',
  'limit-sets-nothing': () => 'Cette règle ne fixe aucune limite. Ajoutez windows, rooms, first_sync ou taps.',
  'limit-per-window': ({ windows }) => `Il faut ${windows.length} limites, une par fenêtre : ${windows.join(', ')}.`,
  'rule-twice': ({ entry, from }) =>
    `La règle n° ${entry} dit déjà la même chose pour ce groupe${from === null ? '' : ` à partir du ${from}`}. Gardez l’une des deux.`,
  'exemption-of-nobody': () =>
    'Cette exemption ne désigne personne. Indiquez un groupe, un identifiant ou une application.',
  'exemption-of-everyone': () =>
    'Il faut un groupe. Pour ne rien retenir à personne, réglez l’application (enforcement) sur « observe ».',
  'exemption-twice': ({ entry }) => `L’exemption n° ${entry} dit déjà la même chose. Gardez l’une des deux.`,
  'emergency-elsewhere': () => 'L’urgence ne se règle pas ici : elle a son propre bouton, sur la page de la politique.',
  'no-sections': () => 'Il faut des sections, par exemple « windows: ».',
  'file-too-long': ({ most }) => `Ce texte est trop long : ${frNumber(most)} caractères au plus.`,
  'file-too-deep': ({ most }) => `Il y a trop de niveaux imbriqués : ${most} au plus.`,
  'not-yaml': ({ kind }) =>
    (Object.hasOwn(FR_YAML, kind) ? FR_YAML[kind] : undefined) ?? 'Cette ligne ne peut pas être lue comme du YAML.',
  'yaml-alias': ({ name }) => `L’alias « *${name} » n’est pas accepté : écrivez la valeur elle-même.`,
  'yaml-anchor': ({ name }) => `L’ancre « &${name} » n’est pas acceptée : écrivez la valeur seule.`,
  'yaml-tag': ({ name }) => `L’étiquette « ${name} » n’est pas acceptée : écrivez la valeur seule.`,
  'yaml-name-not-text': () => 'Un nom doit être un texte simple.',
  'yaml-name-twice': ({ name }) => `Le nom « ${name} » est écrit deux fois au même endroit. Gardez l’un des deux.`,
  'not-as-wanted': (_, value) => `Cette valeur n’est pas acceptée ici.${frFound(value)}`,
}

/** What the parser says most often, by its own names. */
const FR_YAML: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Le décalage est fait avec une tabulation : utilisez des espaces.',
  BAD_INDENT: 'Le décalage de cette ligne ne correspond pas à celui des lignes voisines.',
  MISSING_CHAR: 'Il manque un signe ici : deux-points, virgule, guillemet, crochet ou accolade.',
  MULTIPLE_DOCS: 'Il y a plusieurs documents : retirez la ligne « --- ».',
}

const enFound = (value: string | null) => (value === null ? ' Nothing is written.' : ` It reads “${bare(value)}”.`)
const enNumber = (value: number) => number('en', value)

const en: Sentences = {
  'unknown-name': ({ name, known }) =>
    `There is no name “${name}” here.${known.length > 0 ? ` Possible names: ${known.join(', ')}.` : ''}`,
  'unknown-group': ({ group }) => `No group is called “${group}”.`,
  'not-duration': ({ least, most }, value) =>
    `A duration is needed, from “${least}” to “${most}”, with its unit: s, min, h or d.${enFound(value)}`,
  'not-size': ({ least, most }, value) =>
    `A size is needed, from “${least}” to “${most}”, with its unit: B, kB, MB, GB or TB.${enFound(value)}`,
  'not-count': ({ least, most }, value) =>
    `A whole number is needed, from ${enNumber(least)} to ${enNumber(most)}.${enFound(value)}`,
  'not-number': ({ least, most }, value) =>
    `A number is needed, from ${enNumber(least)} to ${enNumber(most)}.${enFound(value)}`,
  'not-one-of': ({ among }, value) =>
    `One of these words is needed: ${among.map((word) => `“${word}”`).join(', ')}.${enFound(value)}`,
  'not-line': ({ least, most }, value) =>
    `Text of one line is needed, ${least} to ${most} characters, without spaces at its ends.${enFound(value)}`,
  'not-instant': (_, value) =>
    `A date is needed, such as 2026-10-01, or a date and a time, such as 2026-10-01T08:00:00Z.${enFound(value)}`,
  'not-windows': () => 'A list of windows is needed, such as { window: 1 h, buckets: 60, limit: 500 }.',
  'not-limits': () => 'A list of limits is needed: one a window, in the same order.',
  'not-list': (_, value) => `A list is needed.${enFound(value)}`,
  'not-names': (_, value) => `Names with their values are needed.${enFound(value)}`,
  'too-few': ({ least }) => `At least ${enNumber(least)} are needed.`,
  'too-many': ({ most }) => `At most ${enNumber(most)} are accepted.`,
  'not-user-id': (_, value) => `A Matrix user id is needed, such as @ada:example.org.${enFound(value)}`,
  'not-version': (_, value) => `The number of a version is needed.${enFound(value)}`,
  'windows-fixed': ({ layout }) => `These windows are fixed: ${layout.join(', ')}. Only their limits can be changed.`,
  'buckets-uneven': ({ window }, value) =>
    `A number that divides ${window} into whole seconds is needed.${enFound(value)}`,
  'plaintext-below-ciphertext': ({ least }, value) =>
    `At least ${enNumber(least)} is needed: a readable message cannot count less than an encrypted one.${enFound(value)}`,
  'shorter-allows-more': ({ most, shorter, longer }) =>
    `At most ${most} is accepted, the limit of ${longer}: less time (${shorter}) cannot allow more.`,
  'tap-beyond-taps': ({ most }) =>
    `At most ${enNumber(most)} is accepted, all that taps may release: otherwise no tap would be granted.`,
  'limit-for-everyone': () =>
    'A group is needed. What holds for everybody is set in the sections windows, rooms, first_sync and taps.',
  'limit-sets-nothing': () => 'This rule sets no limit. Add windows, rooms, first_sync or taps.',
  'limit-per-window': ({ windows }) =>
    `As many limits as windows are needed (${windows.length}): ${windows.join(', ')}.`,
  'rule-twice': ({ entry, from }) =>
    `Rule ${entry} says the same of this group already${from === null ? '' : `, from ${from} on`}. Keep one of the two.`,
  'exemption-of-nobody': () => 'This exemption names nobody. Give a group, a user id or an application.',
  'exemption-of-everyone': () =>
    'A group is needed. To withhold nothing from anybody, set the enforcement to “observe”.',
  'exemption-twice': ({ entry }) => `Exemption ${entry} says the same already. Keep one of the two.`,
  'emergency-elsewhere': () => 'The emergency is not set here: it has a button of its own, on the page of the policy.',
  'no-sections': () => 'Sections are needed, such as “windows:”.',
  'file-too-long': ({ most }) => `This text is too long: ${enNumber(most)} characters at most.`,
  'file-too-deep': ({ most }) => `Too many levels are nested: ${most} at most.`,
  'not-yaml': ({ kind }) =>
    (Object.hasOwn(EN_YAML, kind) ? EN_YAML[kind] : undefined) ?? 'This line cannot be read as YAML.',
  'yaml-alias': ({ name }) => `The alias “*${name}” is not accepted: write the value itself.`,
  'yaml-anchor': ({ name }) => `The anchor “&${name}” is not accepted: write the value alone.`,
  'yaml-tag': ({ name }) => `The tag “${name}” is not accepted: write the value alone.`,
  'yaml-name-not-text': () => 'A name has to be plain text.',
  'yaml-name-twice': ({ name }) => `The name “${name}” stands twice in the same place. Keep one of the two.`,
  'not-as-wanted': (_, value) => `This value is not accepted here.${enFound(value)}`,
}

const EN_YAML: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'The line is indented with a tab: use spaces.',
  BAD_INDENT: 'The indentation of this line does not match that of the lines around it.',
  MISSING_CHAR: 'A sign is missing here: a colon, a comma, a quote, a bracket or a brace.',
  MULTIPLE_DOCS: 'There are several documents: take the line “---” out.',
}

export const sentences: Catalogue<Sentences> = { fr, en }
