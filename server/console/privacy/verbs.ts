// Names behind pseudonyms, a person's data handed out, a person's reading taken away.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { jsonFile } from '../../platform/json-file.ts'
import { shownText } from '../../platform/shown-text.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import { verb } from '../verb.ts'

const person = z.string().min(1).max(64)
const NAME_CHARACTERS = 200
const reason = z.string().trim().min(1).max(500)
/** As server/gateway/decision-line.ts makes them. */
const pseudonym = z.string().regex(/^room_[\w-]{12}$/)

export const privacyVerbs = [
  verb({
    id: 'privacy.reveal-room',
    permission: 'privacy.reveal',
    // What nobody could reveal is not asked of a second administrator.
    weight: async ({ privacy }, { room }) => {
      if (!(await privacy.knowsRoom(room))) throw new Refusal(404, 'unknown-room')
      return 'grave'
    },
    summary: 'Reveals which room a pseudonym stands for, to the two administrators who signed for it, for an hour.',
    input: z.strictObject({ room: pseudonym, reason }),
    answer: z.object({ reveal: z.string() }),
    run: async ({ privacy, random }, { room, reason: why }, { by, now }) => {
      const id = newToken('reveal', random)
      const second = by.second?.personId ?? by.personId
      const done = await privacy.reveal({ id, room, first: by.personId, second, reason: why, at: now })
      if (!done) throw new Refusal(404, 'unknown-room')
      return { reveal: id }
    },
  }),
  verb({
    id: 'privacy.revealed',
    permission: 'privacy.reveal',
    weight: 'read',
    summary: 'Rooms that were revealed to the caller within the last hour.',
    input: z.strictObject({}),
    answer: z.object({
      items: z.array(
        z.object({
          room: z.string(),
          room_id: z.string(),
          name: z.string().nullable(),
          reason: z.string(),
          first: z.string(),
          second: z.string(),
          at: z.string(),
        }),
      ),
    }),
    run: async ({ privacy }, _input, { by, now }) => {
      const revealed = await privacy.revealedTo(by.personId, now)
      return {
        items: revealed.map(({ roomId, name, at, ...rest }) => ({
          ...rest,
          // Whoever made the room chose it.
          name: name === null ? null : shownText(name, NAME_CHARACTERS),
          room_id: roomId,
          at: at.toISOString(),
        })),
      }
    },
  }),
  verb({
    id: 'privacy.export',
    permission: 'privacy.export',
    weight: 'change',
    summary: 'Everything that is kept of a person but the names of rooms, as one JSON file. Audited.',
    input: z.strictObject({ person }),
    answer: null,
    run: async ({ privacy }, { person: id }, { by }) => {
      // A token speaks for its maker, and is not them: it may have been stolen.
      const isOwn = id === by.personId && by.tokenId === null
      const pieces = await privacy.export.pieces(id, isOwn ? 'own' : 'another')
      if (pieces === null) throw new Refusal(404, 'person-unknown')
      await privacy.exported({ actor: actorOf(by) }, id)
      return jsonFile(pieces, `palier-${id}.json`)
    },
  }),
  verb({
    id: 'privacy.erase',
    permission: 'privacy.erase',
    weight: 'grave',
    // It is the trace of what they did: others decide that it goes.
    concerns: ({ person: whom }) => whom,
    summary:
      'Erases the stored reading and habits of a person. The audit log, receipts, incidents and what counts in the windows stay.',
    input: z.strictObject({ person, reason }),
    answer: z.object({ lines: z.number(), habits: z.number() }),
    run: async ({ privacy }, { person: personId, reason: why }, { by }) => {
      const second = by.second?.personId ?? null
      const erased = await privacy.erase({ personId, actor: actorOf(by), second, reason: why })
      if (erased === null) throw new Refusal(404, 'person-unknown')
      return { ...erased }
    },
  }),
] as const
