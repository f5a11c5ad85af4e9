// A text field with its label, its hint, and what is wrong with it, tied together for screen readers.
import type { Ref } from 'preact'

interface FieldProps {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly value: string
  /** What is wrong, or null. */
  readonly wrong: string | null
  readonly autocomplete?: 'username' | 'name' | 'off'
  readonly maxLength?: number
  readonly inputRef?: Ref<HTMLInputElement>
  readonly onInput: (value: string) => void
}

export function Field(props: FieldProps) {
  const { name, wrong } = props
  return (
    <div class="field">
      <label for={name}>{props.label}</label>
      <input
        ref={props.inputRef ?? null}
        id={name}
        name={name}
        type="text"
        autocomplete={props.autocomplete ?? 'off'}
        autocapitalize={props.autocomplete === 'username' ? 'none' : 'words'}
        spellcheck={false}
        maxLength={props.maxLength ?? 100}
        value={props.value}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? `${name}-hint` : `${name}-wrong ${name}-hint`}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {wrong !== null && (
        <p class="wrong" id={`${name}-wrong`}>
          {wrong}
        </p>
      )}
      <p class="hint" id={`${name}-hint`}>
        {props.hint}
      </p>
    </div>
  )
}
