// API tokens: short-lived, scoped, hashed, audited. Made by a person who has just tapped, never by a token.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { displayNameFrom } from '../../people/username.ts'
import { hashToken, newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import { PERMISSIONS, type Permission, permissionsOf, TOKEN_PERMISSIONS } from '../permissions.ts'
import { verb } from '../verb.ts'
import type { ApiToken } from './port.ts'

/** Longest life of a token that may do nothing but provision. A directory has to be given a new one every quarter. */
export const SCIM_TOKEN_HOURS = 90 * 24
/** Longest life of any other token. */
export const TOKEN_HOURS = 24

const shown = z.object({
  id: z.string(),
  name: z.string(),
  person: z.object({ id: z.string(), username: z.string() }),
  permissions: z.array(z.enum(PERMISSIONS)),
  created_at: z.string(),
  expires_at: z.string(),
  last_used_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  state: z.enum(['live', 'expired', 'revoked']),
})

export const tokenVerbs = [
  verb({
    id: 'tokens.list',
    permission: 'tokens.write',
    weight: 'read',
    summary: 'Lists API tokens, the newest first, also those that expired or were revoked. Never the secrets.',
    input: z.strictObject({
      after: z.string().max(100).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(shown), next: z.string().nullable() }),
    run: async (deps, { after, limit }, { now }) => {
      const found = await deps.apiTokens.list({ after: after ?? null, limit: limit + 1 })
      const items = found.slice(0, limit).map((token) => shownFrom(token, now))
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  }),
  verb({
    id: 'tokens.create',
    permission: 'tokens.write',
    weight: 'change',
    summary: 'Makes an API token in the name of who asks, and shows it once. Only from a session, never with a token.',
    input: z.strictObject({
      name: z.string().min(1).max(200),
      permissions: z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length),
      hours: z.int().min(1).max(SCIM_TOKEN_HOURS),
    }),
    answer: z.object({ token: z.string(), item: shown, scim_url: z.string() }),
    run: async (deps, input, { by, now }) => {
      if (by.tokenId !== null) throw new Refusal(403, 'token-makes-no-token')
      const name = displayNameFrom(input.name)
      if (name === null) throw new Refusal(400, 'bad-name', 'name: 1 to 100 characters on one line')
      const permissions = PERMISSIONS.filter((one) => input.permissions.includes(one))
      const never = permissions.find((one) => !TOKEN_PERMISSIONS.includes(one))
      if (never !== undefined) throw new Refusal(403, 'beyond-a-token', never)
      const held = permissionsOf(by.role)
      const beyond = permissions.find((one) => !held.includes(one))
      if (beyond !== undefined) throw new Refusal(403, 'beyond-your-role', beyond)
      const most = mostHours(permissions)
      if (input.hours > most) throw new Refusal(400, 'token-too-long', `hours: at most ${most}`, { most_hours: most })
      const token = newToken('consoleToken', deps.random)
      const made = {
        id: newToken('apiToken', deps.random),
        hash: hashToken(token),
        personId: by.personId,
        name,
        permissions,
        createdAt: now,
        expiresAt: new Date(now.getTime() + input.hours * 3_600_000),
      }
      const detail = { name, permissions, expires_at: made.expiresAt.toISOString() }
      await deps.apiTokens.create(made, { action: 'token.created', actor: actorOf(by), subject: made.id, detail })
      const item = shownFrom({ ...made, username: by.username, lastUsedAt: null, revokedAt: null }, now)
      return { token, item, scim_url: `${deps.config.issuer}/scim/v2` }
    },
  }),
  verb({
    id: 'tokens.revoke',
    permission: 'tokens.write',
    weight: 'change',
    summary: 'Revokes an API token: what it asks next is refused. With a token, those of its own maker only.',
    input: z.strictObject({ id: z.string().max(100) }),
    answer: z.object({ item: shown }),
    run: async (deps, { id }, { by, now }) => {
      const token = await deps.apiTokens.revoke(
        id,
        now,
        ({ name, personId }) => ({
          action: 'token.revoked',
          actor: actorOf(by),
          subject: id,
          detail: { name, person: personId },
        }),
        // A stolen one would stop the directory, and whatever else could tell on it.
        by.tokenId === null ? null : by.personId,
      )
      if (token === 'of-another') throw new Refusal(403, 'token-of-another')
      if (token === null) throw new Refusal(404, 'token-unknown')
      return { item: shownFrom(token, now) }
    },
  }),
] as const

/** How many hours a token with these permissions may live. */
export function mostHours(permissions: readonly Permission[]): number {
  return permissions.every((one) => one === 'scim.write') ? SCIM_TOKEN_HOURS : TOKEN_HOURS
}

function shownFrom(token: ApiToken, now: Date): z.input<typeof shown> {
  const { id, name, personId, username, permissions, createdAt, expiresAt, lastUsedAt, revokedAt } = token
  return {
    id,
    name,
    person: { id: personId, username },
    permissions: [...permissions],
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
    state: revokedAt !== null ? 'revoked' : expiresAt <= now ? 'expired' : 'live',
  }
}
