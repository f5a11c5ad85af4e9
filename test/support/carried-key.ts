// One security key that its owner carries from page to page: what is enrolled on it, and its counter, go with it.
import type { Page } from 'playwright-core'
import { addVirtualKey, type VirtualCredential, type VirtualKey } from './chromium.ts'

export interface CarriedKey {
  /** Unplugs it from where it is and plugs it into `page`. */
  plugInto(page: Page): Promise<VirtualKey>
  unplug(): Promise<void>
}

export function carriedKey(): CarriedKey {
  let plugged: VirtualKey | null = null
  let page: Page | null = null
  let held: readonly VirtualCredential[] = []

  async function unplug(): Promise<void> {
    if (plugged === null || page === null) return
    if (!page.isClosed()) {
      held = await plugged.credentials()
      await plugged.unplug()
    }
    plugged = null
    page = null
  }

  return {
    async plugInto(next) {
      if (plugged !== null && page === next) return plugged
      await unplug()
      plugged = await addVirtualKey(next)
      page = next
      for (const credential of held) await plugged.addCredential(credential)
      return plugged
    },
    unplug,
  }
}
