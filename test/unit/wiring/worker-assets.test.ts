import { expect, test } from 'vitest'
import { workerAssets } from '../../../server/wiring/worker-assets.ts'

function binding() {
  const asked: string[] = []
  return {
    asked,
    fetch: async (url: string) => {
      asked.push(new URL(url).pathname)
      return url.endsWith('.js') || url.endsWith('.json')
        ? new Response('text', { headers: { 'Content-Type': 'text/javascript' } })
        : new Response(null, { status: 404 })
    },
  }
}

test('a file is read once', async () => {
  const assets = binding()
  const files = workerAssets(assets)
  expect(await files.get('assets/main-a_b.js')).toMatchObject({
    type: 'text/javascript',
    etag: expect.stringMatching(/^"[\w-]{22}"$/),
  })
  await files.get('assets/main-a_b.js')
  expect(await files.get('.vite/manifest.json')).not.toBeNull()
  expect(await files.get('assets/none.css')).toBeNull()
  expect(assets.asked).toEqual(['/assets/main-a_b.js', '/.vite/manifest.json', '/assets/none.css'])
})

test.each([
  '../x.js',
  'assets/../x.js',
  'assets/./../x.js',
  '/x.js',
  '//evil.example/x.js',
  'a\\b.js',
  'a?b.js',
  'a#b.js',
  'a%2e.js',
  '',
])('%j is not asked for', async (path) => {
  const assets = binding()
  expect(await workerAssets(assets).get(path)).toBeNull()
  expect(assets.asked).toEqual([])
})
