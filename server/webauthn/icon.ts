// The picture of a model, as the metadata carries it: a data URL of somebody else's making. Pure.

/** Pictures in FIDO's metadata are a few kB. */
export const ICON_MAX_BYTES = 64 * 1024
const ICON_MAX_PIXELS = 1024

export interface Icon {
  readonly type: 'image/png' | 'image/jpeg'
  readonly bytes: Uint8Array
}

/**
 * The picture when it is one: PNG or JPEG, by its bytes and not by what it calls itself, of a sane size. Null for anything else; an SVG is a
 * document, and is never shown.
 */
export function iconFrom(dataUrl: string | null): Icon | null {
  if (dataUrl === null || dataUrl.length > (ICON_MAX_BYTES * 4) / 3 + 64) return null
  const encoded = /^data:image\/[a-z.+-]{1,20};base64,([A-Za-z0-9+/\s]+={0,2})\s*$/.exec(dataUrl)?.[1]
  const bytes = encoded === undefined ? null : new Uint8Array(Buffer.from(encoded, 'base64'))
  if (bytes === null || bytes.length > ICON_MAX_BYTES) return null
  if (isSanePng(bytes)) return { type: 'image/png', bytes }
  return bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
    ? { type: 'image/jpeg', bytes }
    : null
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Signature, and the size that the first chunk gives (PNG, third edition, §11.2.1): a small file may unpack to a huge picture. */
function isSanePng(bytes: Uint8Array): boolean {
  if (bytes.length < 33 || !PNG.every((byte, at) => bytes[at] === byte)) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  return width > 0 && height > 0 && width <= ICON_MAX_PIXELS && height <= ICON_MAX_PIXELS
}
