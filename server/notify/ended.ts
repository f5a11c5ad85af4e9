// What a person is told when an administrator ended a device of theirs, or all of them, after an alert.
import type { Letter } from './letter.ts'
import { shownName } from './letter.ts'

const NAME_CHARACTERS = 60
const CLIENT_CHARACTERS = 80

/** What was ended. Names are those that clients gave: they are made fit to show here. */
export interface EndedForPerson {
  /** Null: all devices and sessions of the person. */
  readonly device: { readonly name: string; readonly client: string; readonly network: string } | null
  readonly at: Date
  readonly issuer: string
}

/** What happened, why, and what to do. */
export function endedLetter({ device, at, issuer }: EndedForPerson): Letter {
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const name = device === null ? '' : shownName(device.name, NAME_CHARACTERS)
  const client = device === null ? '' : shownName(device.client, CLIENT_CHARACTERS)
  return {
    fr: {
      subject: device === null ? 'Vos appareils ont été déconnectés' : 'Un de vos appareils a été déconnecté',
      text: [
        device === null
          ? `Une administratrice ou un administrateur a déconnecté tous vos appareils et toutes vos sessions (${when}).`
          : `Une administratrice ou un administrateur a déconnecté votre appareil « ${name} » (${when}).`,
        ...(device === null ? [] : [`Application : ${client}. Réseau : ${device.network}.`]),
        'Pourquoi : une alerte a signalé une lecture inhabituelle. Quelqu’un d’autre s’en servait peut-être.',
        'Si c’était vous : reconnectez-vous avec votre clé de sécurité. Rien n’est perdu.',
        `Si vous n’avez plus votre clé, ou si ce n’était pas vous : prévenez votre assistance informatique, et vérifiez vos clés et vos appareils à ${issuer}/me.`,
      ].join('\n'),
    },
    en: {
      subject: device === null ? 'Your devices were signed out' : 'One of your devices was signed out',
      text: [
        device === null
          ? `An administrator signed out all your devices and sessions (${when}).`
          : `An administrator signed out your device "${name}" (${when}).`,
        ...(device === null ? [] : [`Application: ${client}. Network: ${device.network}.`]),
        'Why: an alert reported unusual reading. Somebody else may have been using it.',
        'If it was you: sign in again with your security key. Nothing is lost.',
        `If your key is missing, or it was not you: tell your support desk, and look at your keys and devices at ${issuer}/me.`,
      ].join('\n'),
    },
  }
}
