import { describe, expect, it } from 'vitest'
import { type HomeserverAnswer, HomeserverUnreachable } from '../../../server/homeserver/port.ts'
import { existingRules, ownerOfToken } from '../../../server/wiring/principals.ts'

const asking = (status: number, text: string) =>
  ownerOfToken({
    request: async () => ({ status, text, location: null, setCookies: [], contentType: '' }) satisfies HomeserverAnswer,
  })('token')

describe('whose a token is', () => {
  it('is what the homeserver says', async () => {
    expect(await asking(200, '{"user_id":"@a:b","device_id":"D"}')).toEqual({ userId: '@a:b', deviceId: 'D' })
    expect(await asking(200, '{"user_id":"@as:b"}')).toEqual({ userId: '@as:b', deviceId: null })
  })

  it('is nobody’s when the homeserver refuses it, and never a guest’s', async () => {
    expect(await asking(401, '{}')).toBeNull()
    expect(await asking(403, 'not even JSON')).toBeNull()
    expect(await asking(200, '{"user_id":"@9:b","device_id":"D","is_guest":true}')).toBeNull()
  })

  it.each([
    [200, ''],
    [200, '<html>'],
    [200, '[]'],
    [200, '{"user_id":1}'],
    [200, '{"user_id":"@a:b","device_id":7}'],
    [200, `{"user_id":"@${'a'.repeat(300)}:b"}`],
    [200, '{"user_id":"@a:b","is_guest":"yes"}'],
    [204, ''],
    [302, ''],
    [429, '{}'],
    [500, '{}'],
  ])('is not known after %d %s: the client tries again', async (status, text) => {
    await expect(asking(status, text)).rejects.toBeInstanceOf(HomeserverUnreachable)
  })
})

describe('when groups sign in', () => {
  const rule = { group: 'grp_a', from: 10 }
  it('is what the policy says, and at once for all in an emergency', () => {
    expect(existingRules(undefined)).toEqual([])
    expect(existingRules({ existing_logins: [rule], emergency: null })).toEqual([rule])
    expect(existingRules({ existing_logins: [rule], emergency: { since: 1, reason: 'theft' } })).toEqual([
      rule,
      { group: 'everyone', from: 0 },
    ])
  })
})
