// Temporary passes: a code, shown once and used once, for a person who has no key at hand. What it opens reads what comes in now,
// and ends with it.
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { newToken } from '../platform/tokens.ts'
import type { PassStore } from './pass-port.ts'
import type { Revoker } from './port.ts'

/** How long a pass may be for. */
export const PASS_MAX_HOURS = 24

/** Without I, L, O and U, which are read as others, or make words. 5 bits each. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 100 bits. */
const CODE_LENGTH = 20
const GROUP = 4

export interface PassDeps {
  readonly clock: Clock
  readonly random: Random
  readonly passes: PassStore
}

/** A fresh code, `XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function newPassCode(random: Random): string {
  const letters = [...random.bytes(CODE_LENGTH)].map((byte) => LETTERS[byte & 31]).join('')
  return (letters.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')
}

/** The form in which a code is stored and looked up: however it was typed. Null for what is no code. */
export function passHash(typed: string): string | null {
  const letters = typed
    .toUpperCase()
    .replaceAll(/[\s\-–—._]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  const isCode = letters.length === CODE_LENGTH && [...letters].every((letter) => LETTERS.includes(letter))
  return isCode ? sha256Base64Url(`temporary-pass ${letters}`) : null
}

/** Issues a pass for `hours`, 1 to 24. Throws `Refusal` 409 `person-unavailable` for a person who is gone or suspended. */
export async function issuePass(
  { clock, random, passes }: PassDeps,
  { personId, by, hours }: { readonly personId: string; readonly by: string; readonly hours: number },
): Promise<{ readonly id: string; readonly code: string; readonly expiresAt: Date }> {
  const code = newPassCode(random)
  const now = clock.now()
  const expiresAt = new Date(now + Math.min(hours, PASS_MAX_HOURS) * 3_600_000)
  const id = newToken('credential', random)
  const issued = await passes.issue(
    { id, hash: passHash(code) as string, personId, issuedBy: by, createdAt: new Date(now), expiresAt },
    {
      action: 'pass.issued',
      actor: by,
      subject: personId,
      detail: { pass: id, expires_at: expiresAt.toISOString() },
    },
  )
  if (!issued) throw new Refusal(409, 'person-unavailable')
  return { id, code, expiresAt }
}

/** Ends what passes opened that are over. Called once a second, so that it ends within a second. */
export async function endExpiredPasses(deps: {
  readonly clock: Clock
  readonly log: Log
  readonly passes: Pick<PassStore, 'takeExpired'>
  readonly revoker: Revoker
}): Promise<void> {
  for (const id of await deps.passes.takeExpired(new Date(deps.clock.now()))) {
    await deps.revoker.revoke('credential', id, 'pass-expired')
    deps.log.info('pass.expired', { pass: id })
  }
}
