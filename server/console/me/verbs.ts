// Who is at the console, and what they may do.
import * as z from 'zod'
import { ADMINISTRATOR_ROLES, PERMISSIONS, permissionsOf } from '../permissions.ts'
import { verb } from '../verb.ts'

export const meVerbs = [
  verb({
    id: 'me.show',
    permission: 'people.read',
    weight: 'read',
    summary: 'Who is signed in, in which role, and what that role may do.',
    input: z.strictObject({}),
    answer: z.object({
      id: z.string(),
      username: z.string(),
      role: z.enum(ADMINISTRATOR_ROLES),
      permissions: z.array(z.enum(PERMISSIONS)),
    }),
    run: async (_deps, _input, { by }) => ({
      id: by.personId,
      username: by.username,
      role: by.role,
      permissions: [...permissionsOf(by.role)],
    }),
  }),
] as const
