// Meters as the console names them, and their units as text.
import { type Catalogue, type Locale, number } from '../../shared/locale.ts'

const fr = {
  archive: 'Anciens messages',
  'catch-up': 'Messages de rattrapage',
  'first-sync': 'Première synchronisation',
  rooms: 'Salons lus',
  state: 'Membres et réglages des salons',
  directory: 'Entrées d’annuaire',
  'media-bytes': 'Fichiers (Mo)',
  'media-files': 'Fichiers (nombre)',
  'key-backup': 'Clés de la sauvegarde',
  joins: 'Salons rejoints',
  pushers: 'Adresses de notification',
  live: 'Nouveaux messages',
  none: 'Réponses non comptées',
}
type Known = keyof typeof fr

const en: Record<Known, string> = {
  archive: 'Old messages',
  'catch-up': 'Catch-up messages',
  'first-sync': 'First sync',
  rooms: 'Rooms read',
  state: 'Members and settings of rooms',
  directory: 'Directory entries',
  'media-bytes': 'Files (MB)',
  'media-files': 'Files (number)',
  'key-backup': 'Keys of the backup',
  joins: 'Rooms joined',
  pushers: 'Notification addresses',
  live: 'New messages',
  none: 'Answers that are not counted',
}

const names: Catalogue<Readonly<Record<string, string>>> = { fr, en }

/** A meter's name; one that this page does not know, as it is. */
export function meterName(locale: Locale, meter: string): string {
  return Object.hasOwn(names[locale], meter) ? (names[locale][meter] ?? meter) : meter
}

const TAGS: Catalogue<string> = { fr: 'fr-FR', en: 'en-GB' }

/** A day (UTC) as it is added up. */
export function day(locale: Locale, iso: string): string {
  return new Intl.DateTimeFormat(TAGS[locale], { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(iso))
}

/** An instant with its date, whatever day it is read on: for what is printed and kept. */
export function moment(locale: Locale, iso: string): string {
  return new Intl.DateTimeFormat(TAGS[locale], { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso))
}

const MEGABYTE = 1_000_000

/** Units of a meter, written: bytes in megabytes, rounded up. */
export function unitsText(locale: Locale, meter: string, units: number): string {
  return number(locale, meter === 'media-bytes' ? Math.ceil(units / MEGABYTE) : units)
}
