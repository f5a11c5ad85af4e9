// A window's use, as the database's rings count it: whole sub-buckets, the running one and those that cover the window, never
// backwards. test/property/policy holds it to `palier_meter`.
import type { WindowPolicy } from '../defaults.ts'

export class Ring {
  readonly #width: number
  readonly #buckets: number
  /** Sub-buckets with something in them, oldest first: index, then units. */
  #used: [number, number][] = []
  #sum = 0
  #newest = Number.NEGATIVE_INFINITY

  constructor({ windowSeconds, buckets }: Pick<WindowPolicy, 'windowSeconds' | 'buckets'>) {
    this.#width = windowSeconds / buckets
    this.#buckets = buckets
  }

  /** Units in the window at a moment. */
  used(atSeconds: number): number {
    this.#newest = Math.max(this.#newest, Math.floor(atSeconds / this.#width))
    const oldest = this.#newest - this.#buckets
    let gone = 0
    for (const [index, units] of this.#used) {
      if (index >= oldest) break
      this.#sum -= units
      gone += 1
    }
    if (gone > 0) this.#used.splice(0, gone)
    return this.#sum
  }

  add(atSeconds: number, units: number): void {
    this.used(atSeconds)
    const last = this.#used.at(-1)
    if (last?.[0] === this.#newest) last[1] += units
    else this.#used.push([this.#newest, units])
    this.#sum += units
  }
}

/** All windows of one meter of one person. */
export class Meter {
  readonly #rings: readonly Ring[]

  constructor(windows: readonly WindowPolicy[]) {
    this.#rings = windows.map((window) => new Ring(window))
  }

  /** What every window has left, at least 0. */
  left(windows: readonly WindowPolicy[], atSeconds: number): number {
    let left = Number.POSITIVE_INFINITY
    this.#rings.forEach((ring, index) => {
      left = Math.min(left, (windows[index]?.limit ?? 0) - ring.used(atSeconds))
    })
    return Math.max(0, left)
  }

  add(atSeconds: number, units: number): void {
    for (const ring of this.#rings) ring.add(atSeconds, units)
  }
}
