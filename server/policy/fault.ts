// The kinds of fault that a policy can have, each with what a sentence about it needs. Pages word them in their language
// (client/console/policy/fault-words.ts, where a kind without a sentence fails the type check); `wants` beside them is plain English
// for terminals and programs.

/** What each kind carries. Durations, sizes and instants are text as the document writes them. */
interface FaultMembers {
  /** Names. */
  readonly 'unknown-name': { readonly name: string; readonly known: readonly string[] }
  readonly 'unknown-group': { readonly group: string }
  /** Values. */
  readonly 'not-duration': { readonly least: string; readonly most: string }
  readonly 'not-size': { readonly least: string; readonly most: string }
  readonly 'not-count': { readonly least: number; readonly most: number }
  readonly 'not-number': { readonly least: number; readonly most: number }
  readonly 'not-one-of': { readonly among: readonly string[] }
  readonly 'not-line': { readonly least: number; readonly most: number }
  readonly 'not-instant': Nothing
  readonly 'not-windows': Nothing
  readonly 'not-limits': Nothing
  readonly 'not-list': Nothing
  readonly 'not-names': Nothing
  readonly 'too-few': { readonly least: number }
  readonly 'too-many': { readonly most: number }
  readonly 'not-user-id': Nothing
  readonly 'not-version': Nothing
  /** What parts must be for each other. */
  readonly 'windows-fixed': { readonly layout: readonly string[] }
  readonly 'buckets-uneven': { readonly window: string }
  readonly 'plaintext-below-ciphertext': { readonly least: number }
  readonly 'shorter-allows-more': { readonly most: string; readonly shorter: string; readonly longer: string }
  readonly 'tap-beyond-taps': { readonly most: number }
  readonly 'limit-for-everyone': Nothing
  readonly 'limit-sets-nothing': Nothing
  readonly 'limit-per-window': { readonly windows: readonly string[] }
  readonly 'rule-twice': { readonly entry: number; readonly from: string | null }
  readonly 'exemption-of-nobody': Nothing
  readonly 'exemption-of-everyone': Nothing
  readonly 'exemption-twice': { readonly entry: number }
  readonly 'emergency-elsewhere': Nothing
  /** The file. */
  readonly 'no-sections': Nothing
  readonly 'file-too-long': { readonly most: number }
  readonly 'file-too-deep': { readonly most: number }
  /** `kind`: the parser's own name for it, such as `TAB_AS_INDENT`. */
  readonly 'not-yaml': { readonly kind: string }
  readonly 'yaml-alias': { readonly name: string }
  readonly 'yaml-anchor': { readonly name: string }
  readonly 'yaml-tag': { readonly name: string }
  readonly 'yaml-name-not-text': Nothing
  readonly 'yaml-name-twice': { readonly name: string }
  /** Anything else: `wants` says more. */
  readonly 'not-as-wanted': Nothing
}

type Nothing = Readonly<Record<never, never>>

export type FaultCode = keyof FaultMembers

/** What a sentence about a fault of that kind is made of. */
export type FaultOf<Code extends FaultCode> = FaultMembers[Code]

/** A kind of fault with its members. */
export type Fault = {
  readonly [Code in FaultCode]: { readonly code: Code; readonly members: FaultMembers[Code] }
}[FaultCode]

/** Kinds that say all by themselves. */
type PlainCode = { [Code in FaultCode]: keyof FaultMembers[Code] extends never ? Code : never }[FaultCode]

/** A fault of a kind that needs no members. */
export function plain(code: PlainCode): Fault {
  return { code, members: {} } as Fault
}
