// Plain pages: whole in themselves, no script unless one is named, nothing fetched. Their style is inline and allowed by its
// hash, so they can be shown from any origin and when nothing else works.
import { sha256 } from '../platform/crypto.ts'
import type { Locale } from '../platform/locale.ts'

const STYLE = `:root{color-scheme:light dark;--paper:#f5f2ec;--sheet:#fffdf9;--ink:#20242b;--soft:#585e68;--line:#ddd6ca;--accent:#0b6b63;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--sheet:#1c2127;--ink:#ece8e1;--soft:#a9b0ba;--line:#323943;--accent:#7fd6c9;--on:#08302c}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
body{margin:0;min-height:100vh}
header{display:flex;align-items:center;gap:.5rem;padding:1rem clamp(1rem,4vw,2.5rem);font:600 1.375rem/1 ui-serif,"Iowan Old Style",Georgia,"Liberation Serif",serif}
svg{width:2rem;height:2rem;fill:none;stroke:currentcolor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.landing{stroke:var(--accent);stroke-width:4}
main{max-width:36rem;margin:clamp(.5rem,5vh,4rem) auto 2rem;padding:0 1rem}
.sheet{background:var(--sheet);border:1px solid var(--line);border-radius:1.25rem;padding:clamp(1.25rem,5vw,2.5rem);overflow-wrap:anywhere}
h1{font:600 clamp(1.625rem,1.3rem + 1.6vw,2.125rem)/1.2 ui-serif,"Iowan Old Style",Georgia,"Liberation Serif",serif;margin:0 0 .75rem}
p{margin:0 0 1rem}
.soft{color:var(--soft);margin:0;font-size:.9375rem}
dl{margin:1.5rem 0;border-top:1px solid var(--line)}
dl>div{display:grid;grid-template-columns:minmax(6.5rem,9rem) 1fr;gap:.15rem 1rem;padding:.75rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.sheet>:last-child{margin-bottom:0}
a{color:var(--accent)}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;padding:.5rem 1.25rem;border:1px solid transparent;border-radius:.75rem;background:var(--accent);color:var(--on);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.primary{display:flex;min-height:3.5rem;font-size:1.125rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
@media(max-width:30rem){dl>div{grid-template-columns:1fr}.sheet{border-radius:1rem}}
@media(forced-colors:active){.button{border:2px solid}}`

const STYLE_SOURCE = sourceOf(STYLE)

/** Text that is safe to put into a page as it is: made by `html` only. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A template of markup: every value is escaped, except markup made by this function. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup)[]): Markup {
  return new Markup(
    parts.reduce((whole, part, index) => {
      const value = values[index - 1]
      return `${whole}${value instanceof Markup ? value.text : escaped(String(value))}${part}`
    }),
  )
}

export interface PlainPage {
  readonly locale: Locale
  readonly status: number
  readonly title: string
  readonly body: Markup
  /** Where a form on it may post to, as a CSP source; nowhere unless given. `null`: wherever it was redirected to. */
  readonly formAction?: "'self'" | null
  /** A script to run, allowed by its hash. */
  readonly script?: string
  /** Under `no-referrer`, the default, a browser posts forms with `Origin: null` (Fetch §3.2). */
  readonly referrerPolicy?: 'no-referrer' | 'same-origin' | 'strict-origin'
}

/** What a page is sent with: for answers whose other fields, cookies for one, are set on the way. */
export interface PageParts {
  readonly status: number
  readonly html: string
  readonly headers: Record<string, string>
}

/** A page in Palier's dress. Links and buttons may carry `class="button"`. */
export function plainPageParts(page: PlainPage): PageParts {
  const { locale, status, title, body, formAction = "'none'", script, referrerPolicy = 'no-referrer' } = page
  const end = script === undefined ? new Markup('') : html`<script>${new Markup(script)}</script>`
  const whole = html`<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Palier</title><style>${new Markup(STYLE)}</style></head>
<body><header><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M3 28.5h4v-5h4v-5"/><path d="M21 18.5v-5h4v-5h4"/><path class="landing" d="M11 18.5h10"/></svg>Palier</header>
<main><div class="sheet"><h1>${title}</h1>${body}</div></main>${end}</body>
</html>`
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    ...(script === undefined ? [] : [`script-src ${sourceOf(script)}`]),
    ...(formAction === null ? [] : [`form-action ${formAction}`]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return {
    status,
    html: whole.text,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': locale,
      'Content-Security-Policy': policy.join('; '),
      'Referrer-Policy': referrerPolicy,
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    },
  }
}

/** The same as a response. */
export function plainPage(page: PlainPage): Response {
  const { html: text, status, headers } = plainPageParts(page)
  return new Response(text, { status, headers })
}

// CSP Level 3 §2.3.1: a hash source.
function sourceOf(text: string): string {
  return `'sha256-${btoa(String.fromCharCode(...sha256(text)))}'`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
