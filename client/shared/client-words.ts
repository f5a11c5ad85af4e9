// A client's own words about itself (its User-Agent), read for people: "Firefox · Windows". It is a claim, not a proof: pages
// show the whole of it beside these words.
const PROGRAMS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\bElement ?X\b/i, 'Element X'],
  [/\bElement(?:Desktop|-iOS|-Android)?\b/i, 'Element'],
  [/\bTchap\b/i, 'Tchap'],
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^python-|^aiohttp|^Python\//i, 'Python'],
]
const SYSTEMS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iOS)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac ?OS\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** The program and the system, or null when the text names no program known here. */
export function clientWords(client: string): string | null {
  const program = PROGRAMS.find(([sign]) => sign.test(client))?.[1]
  if (program === undefined) return null
  const system = SYSTEMS.find(([sign]) => sign.test(client))?.[1]
  const words = system === undefined ? program : `${program} · ${system}`
  // Short enough to be what people read already.
  return client.length > words.length + 12 ? words : null
}
