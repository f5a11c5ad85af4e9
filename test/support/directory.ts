// A directory that provisions over SCIM: the bodies that it sends, and what it makes with them.
import { expect } from 'vitest'
import { scimWorld } from './scim.ts'

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'

export const user = (userName: string, more: object = {}) => ({ schemas: [USER], userName, ...more })
export const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations })

/** A world (see scim.ts) with a directory's token in it. `username`: of the owner who made the token. */
export async function directoryWorld(username = 'directory') {
  const world = await scimWorld()
  const directory = await world.token(['scim.write'], username)

  async function created(path: string, body: object): Promise<string> {
    const answer = await directory.scim('POST', path, body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    return answer.body.id
  }
  return {
    ...world,
    directory,
    scim: directory.scim,
    made: (userName: string, more: object = {}) => created('/Users', user(userName, more)),
    madeGroup: (displayName: string, ids: readonly string[] = []) =>
      created('/Groups', { schemas: [GROUP], displayName, members: ids.map((value) => ({ value })) }),
    /** What was written down about somebody or a group, in its order. */
    actionsOf: async (subject: string) =>
      (await world.audited()).filter((entry) => entry.subject === subject).map(({ action }) => action),
  }
}
