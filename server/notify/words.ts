// The words of notices and alerts, in French and English.
import type { Locale } from '../platform/locale.ts'
import type { PromptDetails } from './prompt.ts'

/** Words around an alert's own explanation. */
export const alertWords = {
  fr: {
    action: {
      alert: 'Rien n’a été bloqué : c’est un avertissement.',
      tap: 'L’appareil ne lit plus d’anciens messages tant que la personne n’a pas touché sa clé.',
      end: 'L’appareil a été déconnecté. Il ne reçoit et ne lit plus rien.',
    },
    facts: 'Les faits :',
    kind: 'signal',
    at: 'heure (UTC)',
    server: 'serveur',
    person: 'personne',
    device: 'appareil',
    whereNext: (issuer: string) =>
      `Pour agir : palier user suspend, palier key revoke, ou l’administration à ${issuer}/console. Ce message ne contient aucun lien qui autorise quoi que ce soit.`,
  },
  en: {
    action: {
      alert: 'Nothing was withheld: this is a warning.',
      tap: 'The device reads no old messages until the person has touched their key.',
      end: 'The device was signed out. It receives and reads nothing more.',
    },
    facts: 'The facts:',
    kind: 'signal',
    at: 'time (UTC)',
    server: 'server',
    person: 'person',
    device: 'device',
    whereNext: (issuer: string) =>
      `To act: palier user suspend, palier key revoke, or the administration at ${issuer}/console. This message holds no link that approves anything.`,
  },
}

/** What is asked for, of one and of several. */
const meters: Readonly<Record<Locale, Readonly<Record<string, readonly [one: string, several: string]>>>> = {
  fr: {
    archive: ['message', 'messages'],
    state: ['membre ou réglage de salon', 'membres et réglages de salons'],
    directory: ['entrée de l’annuaire', 'entrées de l’annuaire'],
    'media-bytes': ['Mo de fichiers', 'Mo de fichiers'],
    'media-files': ['fichier', 'fichiers'],
    'key-backup': ['clé de la sauvegarde', 'clés de la sauvegarde'],
    joins: ['salon à rejoindre', 'salons à rejoindre'],
    pushers: ['adresse de notification', 'adresses de notification'],
  },
  en: {
    archive: ['message', 'messages'],
    state: ['member or setting of a room', 'members and settings of rooms'],
    directory: ['directory entry', 'directory entries'],
    'media-bytes': ['MB of files', 'MB of files'],
    'media-files': ['file', 'files'],
    'key-backup': ['key of the backup', 'keys of the backup'],
    joins: ['room to join', 'rooms to join'],
    pushers: ['notification address', 'notification addresses'],
  },
}

/** The text of a server notice: what asks, from where, for how much, where to decide, and what to do if it was not you. */
export function promptText(details: PromptDetails, locale: Locale | null): string {
  // Who never used id in a language we know is told in both.
  if (locale === null) return `${french(details)}\n\n${english(details)}`
  return locale === 'fr' ? french(details) : english(details)
}

function french(details: PromptDetails): string {
  const rooms =
    details.rooms === null
      ? ''
      : details.rooms === 1
        ? ', dans un salon'
        : `, dans ${written('fr', details.rooms)} salons`
  return [
    'Votre clé de sécurité est demandée.',
    `L’appareil « ${details.device} » demande jusqu’à ${amounts('fr', details)}${rooms}.`,
    `Application : ${details.client}. Réseau : ${details.network}.`,
    `Pour décider, ouvrez ce lien et touchez votre clé : ${details.link}`,
    'Si ce n’est pas vous : ouvrez le lien et choisissez « Ce n’était pas moi ». L’appareil est alors déconnecté et ne lit plus rien.',
    `La demande expire à ${clock(details.expiresAt)} (UTC).`,
  ].join('\n')
}

function english(details: PromptDetails): string {
  const rooms =
    details.rooms === null ? '' : details.rooms === 1 ? ', in one room' : `, in ${written('en', details.rooms)} rooms`
  return [
    'Your security key is needed.',
    `The device "${details.device}" asks for up to ${amounts('en', details)}${rooms}.`,
    `Application: ${details.client}. Network: ${details.network}.`,
    `To decide, open this link and touch your key: ${details.link}`,
    'If this was not you: open the link and choose "This was not me". The device is then signed out and reads nothing more.',
    `The request expires at ${clock(details.expiresAt)} (UTC).`,
  ].join('\n')
}

function amounts(locale: Locale, { amounts: asked }: PromptDetails): string {
  return asked
    .map(({ meter, units }) => {
      const count = meter === 'media-bytes' ? Math.round(units / 1_000_000) : units
      const [one, several] = meters[locale][meter] ?? [meter, meter]
      return `${written(locale, count)} ${count === 1 ? one : several}`
    })
    .join(locale === 'fr' ? ' et ' : ' and ')
}

function written(locale: Locale, count: number): string {
  return new Intl.NumberFormat(locale).format(count)
}

function clock(at: Date): string {
  return at.toISOString().slice(11, 16)
}
