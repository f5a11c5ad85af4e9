// The policy as text: line numbers beside it, and mistakes that lead to their line.
import { useId, useRef } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import type { Answer } from '../api.ts'
import { catalogue } from './words.ts'

export type Mistake = Answer<'policy.check'>['mistakes'][number]

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
  return (
    <div class="field">
      <label for={id}>{words.yaml}</label>
      <p class="hint" id={`${id}-hint`}>
        {words.yamlHint}
      </p>
      {mistakes.length > 0 && (
        <div class="notice bad" role="alert" id={`${id}-wrong`} data-mistakes={mistakes.length}>
          <p class="notice-title">{words.mistakes(mistakes.length)}</p>
          <ul>
            {mistakes.map((mistake) => (
              <li key={`${mistake.line} ${mistake.column} ${mistake.name}`}>
                {mistake.line !== null && (
                  <button type="button" class="quiet small" onClick={() => goTo(mistake)}>
                    {words.line(mistake.line)}
                  </button>
                )}{' '}
                <code>{mistake.name}</code>: {words.mistake(mistake.got, mistake.wants)}
              </li>
            ))}
          </ul>
        </div>
      )}
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
