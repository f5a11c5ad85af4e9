// Who changes whom to ignore is written down before the homeserver hears of it.
import { afterEach, expect, test } from 'vitest'
import { CALLER, type Rig, type RigOptions, rig, TOKEN } from './support.ts'

let current: Rig | null = null
const start = async (options: RigOptions) => (current = await rig(options))
afterEach(async () => {
  await current?.close()
  current = null
})

const USER = `/_matrix/client/v3/user/${encodeURIComponent(CALLER.userId)}`
const AUTH = { authorization: `Bearer ${TOKEN}` }
const put = (port: number, target: string) =>
  fetch(`http://127.0.0.1:${port}${target}`, { method: 'PUT', headers: AUTH, body: '{}' })

test('where it cannot be written down the homeserver hears nothing of it', async () => {
  const heard: string[] = []
  const { port } = await start({
    upstream: (req, res) => {
      heard.push(`${req.method} ${req.url}`)
      res.end('{}')
    },
    ignoring: { note: () => Promise.reject(new Error('away')) },
  })
  expect((await put(port, `${USER}/account_data/m.ignored_user_list`)).status).toBe(503)
  expect(heard).toEqual([])
})

test('other settings, a room\u2019s of that name, and reading the list go through as they are', async () => {
  const noted: string[] = []
  const { port } = await start({
    ignoring: {
      note: async (userId) => {
        noted.push(userId)
      },
    },
  })
  expect((await put(port, `${USER}/account_data/m.direct`)).status).toBe(200)
  expect((await put(port, `${USER}/rooms/!a:example.org/account_data/m.ignored_user_list`)).status).toBe(200)
  const list = `http://127.0.0.1:${port}${USER}/account_data/m.ignored_user_list`
  expect((await fetch(list, { headers: AUTH })).status).toBe(200)
  expect(noted).toEqual([])
  expect((await put(port, `${USER}/account_data/m.ignored_user_list`)).status).toBe(200)
  expect(noted).toEqual([CALLER.userId])
})
