// What is remembered of the many: the last used, and no more than so many of them.
import { LRUCache } from 'lru-cache'

/**
 * A memory of the `max` keys that were used last, each for `ttlMs` at most (0: as long as there is room). It grows as it fills; told
 * its length in advance the library sets all of it aside at once, some 28 bytes a key, and a process that serves has a dozen.
 */
export function lastUsed<Key extends string, Value extends NonNullable<unknown>>(
  max: number,
  ttlMs = 0,
): LastUsed<Value, Key> {
  return new LRUCache<Key, Value>({ maxSize: max, sizeCalculation: () => 1, ttl: ttlMs })
}

/** Such a memory. */
export type LastUsed<Value extends NonNullable<unknown>, Key extends string = string> = LRUCache<Key, Value>
