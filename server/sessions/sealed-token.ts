// Where a device's sealed homeserver token lives: moved to another row or owner, it does not open.
import type { SealContext } from '../platform/seal.ts'

/** The place of the sealed token of a device (`dev_…`) and its person. */
export function sealedTokenPlace(device: string, personId: string): SealContext {
  return { table: 'devices', row: device, owner: personId }
}
