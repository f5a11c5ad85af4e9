// A log file as recorded traffic.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { CliFailure } from '../../../server/cli/context.ts'
import { trafficFile } from '../../../server/cli/traffic-file.ts'

let folder: string
let said: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palier-traffic-'))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const decision = JSON.stringify({
  event: 'metering.decision',
  time: '2026-11-02T08:00:00Z',
  person: 'per_1',
  device: 'dev_1',
  units: ['archive=20'],
})

async function read(text: string) {
  const file = join(folder, 'log.jsonl')
  writeFileSync(file, text)
  said = ''
  const counts = { lines: 0, used: 0, malformed: 0 }
  const records = []
  for await (const record of trafficFile(file, counts)) records.push(record)
  return { counts, records, file }
}

it('other events are passed over, what is no line of a log is told with its number and skipped', async () => {
  const { counts, records, file } = await read(
    [decision, '{"event":"process.ready"}', 'oops', '', decision, '[1]'].join('\n'),
  )
  expect(counts).toEqual({ lines: 6, used: 2, malformed: 2 })
  expect(records).toHaveLength(2)
  expect(said).toContain(`${file}:3: `)
  expect(said).toContain(`${file}:6: `)
})

it('a file of nothing but garbage says so without end, but not at length', async () => {
  const { counts } = await read('garbage\n'.repeat(5_000))
  expect(counts.malformed).toBe(5_000)
  expect(said.split('\n').length).toBeLessThan(25)
  expect(said).toContain('5000 such lines in all')
})

it.each([
  ['that is not there', () => join(folder, 'nothing.jsonl'), /there is no such file/],
  ['that is a folder', () => folder, /folder/],
])('a file %s is told in words', async (_, file, words) => {
  const reading = async () => {
    for await (const record of trafficFile(file(), { lines: 0, used: 0, malformed: 0 })) expect(record).toBeUndefined()
  }
  await expect(reading()).rejects.toThrow(CliFailure)
  await expect(reading()).rejects.toThrow(words)
})
