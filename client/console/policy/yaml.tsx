// The policy as text: line numbers beside it, and mistakes that lead to their line.
import { useEffect, useId, useRef } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { Mistake } from './faults.ts'
import { Mistakes } from './mistakes.tsx'
import { catalogue } from './words.ts'

interface Props {
  readonly text: string
  readonly onInput: (text: string) => void
  readonly mistakes: readonly Mistake[]
}

const LINES_AT_LEAST = 16

export function Yaml({ text, onInput, mistakes }: Props) {
  const words = catalogue[useLocale()]
  const id = useId()
  const box = useRef<HTMLTextAreaElement>(null)
  const lines = text.split('\n').length
  const wrong = new Set(mistakes.map(({ line }) => line))
  const goTo = ({ line, column }: Mistake) => {
    if (line === null || box.current === null) return
    const start =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line === 1 ? 0 : 1)
    box.current.focus()
    box.current.setSelectionRange(start + (column ?? 1) - 1, start + (text.split('\n')[line - 1]?.length ?? 0))
  }
  // Once the faults are told, the first one's line is where to go on from.
  useEffect(() => {
    const first = mistakes.find(({ line }) => line !== null)
    if (first !== undefined) goTo(first)
  }, [mistakes])
  return (
    <div class="field">
      <label for={id}>{words.yaml}</label>
      <p class="hint" id={`${id}-hint`}>
        {words.yamlHint}
      </p>
      <Mistakes of={mistakes} id={`${id}-wrong`} onGo={goTo} hasPlace={({ line }) => line !== null} />
      <div class="numbered">
        <ol aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <li key={index} class={wrong.has(index + 1) ? 'at-fault' : ''} />
          ))}
        </ol>
        <textarea
          ref={box}
          id={id}
          name="yaml"
          rows={Math.max(LINES_AT_LEAST, lines)}
          wrap="off"
          spellcheck={false}
          autocapitalize="off"
          aria-describedby={mistakes.length > 0 ? `${id}-hint ${id}-wrong` : `${id}-hint`}
          aria-invalid={mistakes.length > 0}
          value={text}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
    </div>
  )
}
