// How much of the answers in memory may be one person's.
import { describe, expect, it } from 'vitest'
import { Held } from '../../../server/gateway/node/whole.ts'

describe('room for answers', () => {
  it('is half for one person, whatever the number of requests, and the rest is for the others', () => {
    const held = new Held(100)
    expect(held.of('thief').take(30)).toBe(true)
    expect(held.of('thief').take(20)).toBe(true)
    expect(held.of('thief').take(1)).toBe(false)
    expect(held.of('somebody').take(50)).toBe(true)
    expect(held.of('another').take(1)).toBe(false)
    expect(held.bytes).toBe(100)
  })

  it('is given back', () => {
    const held = new Held(100)
    held.of('thief').take(50)
    held.of('thief').give(20)
    expect(held.of('thief').take(20)).toBe(true)
    held.of('thief').give(50)
    expect(held.bytes).toBe(0)
    expect(held.of('thief').take(50)).toBe(true)
  })
})
