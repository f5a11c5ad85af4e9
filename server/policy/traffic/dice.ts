// Chance that can be repeated: a seed gives the same throws on every machine. Not for secrets.

export interface Dice {
  /** In [0, 1). */
  uniform(): number
  /** Whole, from `least` to `most`. */
  whole(least: number, most: number): number
  chance(probability: number): boolean
  /** Log-normal with that mean; `sigma` of its logarithm. */
  lognormal(mean: number, sigma: number): number
  /** How often something of that mean happens. */
  poisson(mean: number): number
  /** Whole from 1, of that mean: how long something that may stop at each step goes on. */
  geometric(mean: number): number
  /** Dice of their own for a name: what one person does leaves others' throws as they are. */
  of(name: string): Dice
}

/** sfc32, seeded by a text. */
export function dice(seed: string): Dice {
  let [a, b, c, d] = seeds(seed)
  const uniform = () => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let turn = 0; turn < 12; turn += 1) uniform()
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    whole: (least, most) => least + Math.floor(uniform() * (most - least + 1)),
    chance: (probability) => uniform() < probability,
    lognormal: (mean, sigma) => mean * Math.exp(sigma * normal() - (sigma * sigma) / 2),
    poisson(mean) {
      // Knuth's method below, the normal approximation above.
      if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
      let count = -1
      for (let product = 1; product > Math.exp(-mean); product *= uniform()) count += 1
      return Math.max(0, count)
    },
    geometric: (mean) => (mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - uniform()) / Math.log(1 - 1 / mean))),
    of: (name) => dice(`${seed}\n${name}`),
  }
}

// Four 32-bit seeds of a text (FNV-1a over its characters, once a seed).
function seeds(text: string): [number, number, number, number] {
  const one = (basis: number) => {
    let hash = basis | 0
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    return hash
  }
  return [one(0x811c9dc5), one(0x9e3779b9), one(0x243f6a88), one(0xb7e15162)]
}
