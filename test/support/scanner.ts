// The compiled scanner held against JSON.parse: the same events, by hash, time and kind, in whatever pieces the body comes.
import { expect } from 'vitest'
import { scannerModule } from '../../server/gateway/node/scanner-module.ts'
import type { Shape } from '../../server/metering/scanner/port.ts'
import { countByParsing } from '../../server/metering/scanner/reference.ts'
import { openScanner, type Seen } from '../../server/metering/scanner/wasm.ts'
import { eventHasher, type Weighing, type Weight, weigh } from '../../server/metering/weigh.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'

export const scanner = openScanner(scannerModule())
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
export const WEIGHING: Weighing = {
  nowMs: 1_700_000_000_000,
  policy: { ...defaultPolicy, weights: { plaintext: 3, encrypted: 1 } },
  hash,
}

/** Holds the scanner to the reference on one body, whole and, where `cuts` are given, in pieces. */
export function scannedAlike(body: Uint8Array, shape: Shape, cuts: readonly number[] = []): void {
  const events = countByParsing(body, shape)
  const sight = scanner.see(body, shape, hash.key)
  if (sight !== 'parse') {
    expect(sight && sorted(sight.seen)).toEqual(
      events &&
        sorted(
          events.map(({ kind, ts, id, encrypted }) => ({
            hash: id === null ? null : hash(id),
            ts: ts === null ? null : ts + 0,
            isState: kind === 'state',
            encrypted,
          })),
        ),
    )
  }
  const expected = events && weigh(events, WEIGHING)
  expect(inOrder(scanner.weigh(body, shape, WEIGHING))).toEqual(inOrder(expected))
  if (cuts.length === 0) return
  const scan = scanner.open(shape, hash.key)
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length]) {
    scan.take(body.subarray(from, to))
    from = to
  }
  const weight = scan.end(WEIGHING)
  // In pieces there is nothing to parse again: what only JSON.parse can tell is withheld.
  if (weight === null && (sight === 'parse' || expected === null)) return
  expect(inOrder(weight)).toEqual(inOrder(expected))
}

function sorted(seen: readonly Omit<Seen, 'member'>[]): string[] {
  return seen.map(({ hash, ts, isState, encrypted }) => `${hash} ${ts} ${isState} ${encrypted}`).sort()
}

function inOrder(weight: Weight | null): unknown {
  if (weight === null) return null
  const { history, span } = weight
  // JSON.parse knows a zero below zero.
  const dates = span && [span.fromMs + 0, span.toMs + 0]
  return { ...weight, span: dates, history: { ...history, hashes: history.hashes.map(String).sort() } }
}
