// What a notice says, and in which language.
import { describe, expect, test } from 'vitest'
import { synapseNotices } from '../../../server/homeserver/relying-party/server-notices.ts'
import { letterPayload } from '../../../server/notify/letter.ts'
import { mails } from '../../../server/notify/mail.ts'
import { newKeyLetter } from '../../../server/notify/new-key.ts'
import type { PromptDetails } from '../../../server/notify/prompt.ts'
import { noticePrompts } from '../../../server/notify/prompt.ts'
import { revokedKeysLetter } from '../../../server/notify/revoked-key.ts'
import { promptText } from '../../../server/notify/words.ts'
import { ALLOWANCE_METERS } from '../../../server/policy/defaults.ts'

const details: PromptDetails = {
  link: 'https://id.example.org/approve/apv_abc',
  device: 'Poste de Camille',
  client: 'Element 1.12',
  network: '192.0.2.0/24',
  amounts: [{ meter: 'archive', units: 2_000 }],
  rooms: 3,
  expiresAt: new Date('2026-11-23T10:42:00Z'),
}
/** Spaces of French numbers are narrow and do not break. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

describe('a notice', () => {
  test('names the device, application, network, amount, rooms, link, end, and what to do if it was not you', () => {
    expect(plain(promptText(details, 'fr'))).toBe(
      [
        'Votre clé de sécurité est demandée.',
        'L’appareil « Poste de Camille » demande jusqu’à 2 000 messages, dans 3 salons.',
        'Application : Element 1.12. Réseau : 192.0.2.0/24.',
        'Pour décider, ouvrez ce lien et touchez votre clé : https://id.example.org/approve/apv_abc',
        'Si ce n’est pas vous : ouvrez le lien et choisissez « Ce n’était pas moi ». L’appareil est alors déconnecté et ne lit plus rien.',
        'La demande expire à 10:42 (UTC).',
      ].join('\n'),
    )
    expect(promptText(details, 'en')).toBe(
      [
        'Your security key is needed.',
        'The device "Poste de Camille" asks for up to 2,000 messages, in 3 rooms.',
        'Application: Element 1.12. Network: 192.0.2.0/24.',
        'To decide, open this link and touch your key: https://id.example.org/approve/apv_abc',
        'If this was not you: open the link and choose "This was not me". The device is then signed out and reads nothing more.',
        'The request expires at 10:42 (UTC).',
      ].join('\n'),
    )
  })

  test('is in both languages for who never used id in one that is known', () => {
    const both = promptText(details, null)
    expect(both).toContain(promptText(details, 'fr'))
    expect(both).toContain(promptText(details, 'en'))
  })

  test('has plain words for every meter, and for what is about no room', () => {
    for (const meter of ALLOWANCE_METERS)
      for (const locale of ['fr', 'en'] as const)
        for (const units of [1_000_000, 3_000_000]) {
          const text = plain(promptText({ ...details, amounts: [{ meter, units }], rooms: null }, locale))
          expect(text).not.toMatch(new RegExp(`\\d ${meter}\\.|undefined|, dans |, in `))
        }
    const push = { ...details, amounts: [{ meter: 'pushers', units: 1 }], rooms: null }
    expect(promptText(push, 'fr')).toContain('jusqu’à 1 adresse de notification.')
    expect(promptText(push, 'en')).toContain('up to 1 notification address.')
    const files = [
      { meter: 'media-bytes', units: 2_000_000_000 },
      { meter: 'media-files', units: 300 },
    ]
    expect(promptText({ ...details, amounts: files, rooms: 1 }, 'en')).toContain(
      '2,000 MB of files and 300 files, in one room',
    )
  })
})

test('a prompt that was decided meanwhile is not sent', async () => {
  const sent: string[] = []
  const deliver = noticePrompts({
    prompts: { read: async () => null },
    notices: {
      send: async ({ id }) => {
        sent.push(id)
        return { ok: true }
      },
    },
  })
  const owed = {
    id: 'ntf_a',
    channel: 'server-notice',
    target: '@a:example.org',
    payload: '{"approval":"hash"}',
    attempts: 1,
    createdAt: new Date(0),
  } as const
  expect(await deliver.deliver(owed, new AbortController().signal)).toEqual({ state: 'gone' })
  expect(sent).toEqual([])
})

describe('a letter', () => {
  const letter = newKeyLetter({
    username: 'ada',
    isAdministrator: false,
    keyName: '{link}\n\u202eSpare',
    way: 'desk',
    by: null,
    network: '192.0.2.0/24',
    at: new Date('2026-11-24T18:30:00Z'),
    issuer: 'https://id.example.org',
  })
  const owed = {
    id: 'ntf_b',
    channel: 'server-notice',
    target: '@ada:example.org',
    payload: letterPayload(letter, 'en'),
    attempts: 1,
    createdAt: new Date(0),
  } as const
  const { signal } = new AbortController()

  test('of a key names it, where it was added, how, and what to do; its name adds no line and stops no mail', async () => {
    expect(letter.fr.text).toBe(
      [
        'La clé de sécurité « link Spare » a été ajoutée à votre compte ada (2026-11-24 18:30 UTC), au guichet.',
        'Réseau : 192.0.2.0/24.',
        'Si c’est vous : tout va bien.',
        'Sinon, quelqu’un peut désormais se connecter à votre place : déclarez cette clé perdue à https://id.example.org/me, et prévenez votre assistance informatique.',
      ].join('\n'),
    )
    const sent: string[] = []
    const mailer = { send: async ({ text }: { text: string }) => void sent.push(text) }
    const deliver = mails({ mailer: mailer as never, issuer: 'https://id.example.org' })
    expect(await deliver.deliver({ ...owed, channel: 'mail' }, signal)).toEqual({ state: 'delivered' })
    expect(sent).toEqual([letter.en.text])
  })

  test('of keys that were revoked names ten of them at most', () => {
    const names = Array.from({ length: 12 }, (_, n) => `Key ${n}`)
    const at = new Date('2026-11-24T18:30:00Z')
    const { fr, en } = revokedKeysLetter({ names, by: 'server', at, issuer: 'https://id.example.org' })
    expect(fr.text).toContain('par qui administre le serveur (2026-11-24 18:30 UTC) :\n- Key 0\n')
    expect(en.text.match(/^- .*$/gm)).toEqual([...names.slice(0, 10).map((name) => `- ${name}`), '- …'])
  })

  test('to somebody whom the homeserver does not know is not tried again; where notices are not served at all it is given up', async () => {
    const answering = (status: number, errcode: string) =>
      noticePrompts({
        prompts: { read: async () => null },
        notices: synapseNotices({
          adminToken: async () => 'token',
          exchange: async () => ({
            status,
            location: null,
            setCookies: [],
            contentType: 'application/json',
            text: JSON.stringify({ errcode }),
          }),
        }),
      }).deliver(owed, signal)
    expect(await answering(404, 'M_NOT_FOUND')).toEqual({ state: 'gone' })
    expect(await answering(404, 'M_UNRECOGNIZED')).toMatchObject({ state: 'failed', final: true })
    expect(await answering(200, '')).toEqual({ state: 'delivered' })
  })
})
