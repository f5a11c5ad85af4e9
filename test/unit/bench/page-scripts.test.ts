// How much script the pages load: what is signed in with stays small, and the console's weight is its own.
import { expect, test } from 'vitest'
import { missed } from '../../../bench/figure.ts'
import { pageScripts } from '../../../bench/page-scripts.ts'
import { builtPage } from '../../../server/platform/assets.ts'
import { nodeAssets } from '../../../server/platform/assets-node.ts'
import { distClient } from '../../support/pages-server.ts'

test('the sign-in page, the approval page and the first load of the console stay under their limits', () => {
  const scripts = pageScripts()
  expect(missed(scripts)).toEqual([])
  // The console's figure counts something: its shell is not the sign-in page's.
  expect(scripts['console_script_gzip_bytes']?.value).toBeGreaterThan(scripts['signin_script_gzip_bytes']?.value ?? 0)
})

test.each(['signin', 'approve', 'account', 'enrol'])('%s loads no style sheet of the console', async (name) => {
  pageScripts()
  const assets = nodeAssets(distClient())
  const page = await builtPage(assets, name)
  expect(page?.styles).toHaveLength(1)
  for (const style of page?.styles ?? [])
    expect(new TextDecoder().decode((await assets.get(style))?.body)).not.toContain('.console')
  expect((await builtPage(assets, 'console'))?.styles).not.toEqual(page?.styles)
})
