// What a tap releases, in words: what would be done, and how much of it. Both pages that show prompts say it alike.
import type { Amount } from './api.ts'
import { type Catalogue, type Locale, number } from './locale.ts'

/** What is asked for, as an intent says it. */
export interface Asked {
  readonly meter: string
  readonly direction: string
  readonly amounts: readonly Amount[]
  readonly rooms_total: number
}

const MEGABYTE = 1_000_000

const fr = {
  units: {
    archive: (count: number, written: string) => (count === 1 ? 'un ancien message' : `${written} anciens messages`),
    state: (count: number, written: string) =>
      count === 1 ? 'une ligne de membres ou de réglages' : `${written} lignes de membres et de réglages`,
    directory: (count: number, written: string) =>
      count === 1 ? 'une entrée de l’annuaire' : `${written} entrées de l’annuaire`,
    'media-files': (count: number, written: string) => (count === 1 ? 'un fichier' : `${written} fichiers`),
    'media-bytes': (_count: number, written: string) => `${written} Mo`,
    'key-backup': (count: number, written: string) =>
      count === 1 ? 'une clé de la sauvegarde' : `${written} clés de la sauvegarde`,
    joins: (count: number, written: string) => (count === 1 ? 'un salon' : `${written} salons`),
    pushers: (count: number, written: string) =>
      count === 1 ? 'une adresse d’envoi des notifications' : `${written} adresses d’envoi des notifications`,
    other: (_count: number, written: string) => written,
  },
  deeds: {
    archive: (amounts: string) => `lire jusqu’à ${amounts}`,
    search: (amounts: string) => `chercher dans tous vos salons et lire jusqu’à ${amounts}`,
    everywhere: (amounts: string) => `lire dans tous vos salons jusqu’à ${amounts}`,
    state: (amounts: string) => `voir qui est dans vos salons et comment ils sont réglés (${amounts})`,
    directory: (amounts: string) => `parcourir l’annuaire (${amounts})`,
    media: (amounts: string) => `télécharger des fichiers (${amounts})`,
    backup: (amounts: string) => `télécharger toute la sauvegarde de vos clés (${amounts})`,
    'key-backup': (amounts: string) => `télécharger des clés de votre sauvegarde (${amounts})`,
    joins: (amounts: string) => `rejoindre ${amounts}`,
    pushers: (amounts: string) => `ajouter ${amounts}`,
    other: (amounts: string) => `dépasser une limite (${amounts})`,
  },
  together: ' et ',
}

const en: typeof fr = {
  units: {
    archive: (count, written) => (count === 1 ? 'one old message' : `${written} old messages`),
    state: (count, written) =>
      count === 1 ? 'one row of members or settings' : `${written} rows of members and settings`,
    directory: (count, written) => (count === 1 ? 'one entry of the directory' : `${written} entries of the directory`),
    'media-files': (count, written) => (count === 1 ? 'one file' : `${written} files`),
    'media-bytes': (_count, written) => `${written} MB`,
    'key-backup': (count, written) => (count === 1 ? 'one key of the backup' : `${written} keys of the backup`),
    joins: (count, written) => (count === 1 ? 'one room' : `${written} rooms`),
    pushers: (count, written) =>
      count === 1 ? 'an address that notifications are sent to' : `${written} addresses that notifications are sent to`,
    other: (_count, written) => written,
  },
  deeds: {
    archive: (amounts) => `read up to ${amounts}`,
    search: (amounts) => `search all your rooms and read up to ${amounts}`,
    everywhere: (amounts) => `read up to ${amounts} in all your rooms`,
    state: (amounts) => `see who is in your rooms and how they are set up (${amounts})`,
    directory: (amounts) => `go through the directory (${amounts})`,
    media: (amounts) => `download files (${amounts})`,
    backup: (amounts) => `download the whole backup of your keys (${amounts})`,
    'key-backup': (amounts) => `download keys of your backup (${amounts})`,
    joins: (amounts) => `join ${amounts}`,
    pushers: (amounts) => `add ${amounts}`,
    other: (amounts) => `go past a limit (${amounts})`,
  },
  together: ' and ',
}

const catalogue: Catalogue<typeof fr> = { fr, en }

/** How much, of every meter: `300 files and 2,000 MB`. */
export function amountsInWords(locale: Locale, amounts: readonly Amount[]): string {
  const { units, together } = catalogue[locale]
  // Files before their bytes.
  const ordered = amounts.toSorted((a, b) => Number(a.meter === 'media-bytes') - Number(b.meter === 'media-bytes'))
  return ordered
    .map((amount) => {
      const count = amount.meter === 'media-bytes' ? Math.ceil(amount.units / MEGABYTE) : amount.units
      const words = (units as Readonly<Record<string, typeof units.other>>)[amount.meter] ?? units.other
      return words(count, number(locale, count))
    })
    .join(together)
}

/** What a tap would allow, to follow "wants to" or "may": `read up to 2,000 old messages`. */
export function deedInWords(locale: Locale, asked: Asked): string {
  const { deeds } = catalogue[locale]
  const words = (deeds as Readonly<Record<string, typeof deeds.other>>)[deedOf(asked)] ?? deeds.other
  return words(amountsInWords(locale, asked.amounts))
}

function deedOf({ meter, direction, rooms_total }: Asked): string {
  if (meter === 'archive') return direction === 'search' || direction === 'everywhere' ? direction : 'archive'
  if (meter === 'media-bytes' || meter === 'media-files') return 'media'
  return meter === 'key-backup' && rooms_total === 0 ? 'backup' : meter
}
