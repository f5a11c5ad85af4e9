import { expect, test } from 'vitest'
import { clientWords } from '../../../client/shared/client-words.ts'

const CLIENTS: readonly (readonly [string, string | null])[] = [
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox · Windows'],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36',
    'Chrome · Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0',
    'Edge · Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
    'Safari · macOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Element/1.12.3 Chrome/140 Electron/38 Safari/537.36',
    'Element · Linux',
  ],
  ['Element X/25.11.0 (Google Pixel 9; Android 16; BP1A; Sdk 25.10.27)', 'Element X · Android'],
  ['curl/8.14.1', null],
  ['SomethingElse/1.0 (unknown)', null],
  ['', null],
]

test.each(CLIENTS)('reads %s as %s', (client, words) => {
  expect(clientWords(client)).toBe(words)
})
