// Whom a token names includes the groups that policy tells people apart by.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bindingWorld } from '../../support/binding.ts'

let world: Awaited<ReturnType<typeof bindingWorld>>
beforeAll(async () => {
  world = await bindingWorld()
})
afterAll(() => world.stop())

test('a caller has the person’s groups and the client that signed in, whatever the request says', async () => {
  await world.sql`insert into groups (id, display_name, created_at) values ('grp_b', 'B', now()), ('grp_a', 'A', now()), ('grp_c', 'C', now())`
  for (const id of ['grp_b', 'grp_a'])
    await world.sql`insert into group_members (group_id, person_id, added_at) values (${id}, ${world.personId}, now())`
  const { access_token } = await world.signIn({ device_id: 'GROUPS' })
  const [signedIn] = await world.sql`select client from devices where device_id = 'GROUPS'`
  expect(await world.identify.identify(access_token)).toMatchObject({
    groups: ['grp_a', 'grp_b'],
    client: signedIn?.['client'],
  })
})
