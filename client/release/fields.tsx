// The fields of the release form: a label, a hint, and what the browser itself checks.
import type { ComponentChildren } from 'preact'

interface Common {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly onInput: (value: string) => void
}

interface InputProps extends Common {
  readonly type: 'text' | 'number' | 'date'
  readonly min?: number
  readonly max?: number
  readonly maxLength?: number
}

export function Input(props: InputProps) {
  const { name, label, hint, value } = props
  // Spread into each kind: what an input may have depends on which kind it is.
  const rest = {
    id: name,
    name,
    value,
    required: true,
    autocomplete: 'off',
    spellcheck: false,
    'aria-describedby': hint === undefined ? undefined : `${name}-hint`,
    onInput: (event: { currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
  }
  return (
    <Labelled name={name} label={label} {...(hint === undefined ? {} : { hint })}>
      {props.type === 'text' && <input {...rest} type="text" autocapitalize="none" maxLength={props.maxLength} />}
      {props.type === 'number' && <input {...rest} type="number" min={props.min} max={props.max} />}
      {props.type === 'date' && <input {...rest} type="date" />}
    </Labelled>
  )
}

export function Area({ name, label, hint, value, onInput }: Common) {
  return (
    <Labelled name={name} label={label} {...(hint === undefined ? {} : { hint })}>
      <textarea
        id={name}
        name={name}
        rows={4}
        value={value}
        required
        autocapitalize="none"
        spellcheck={false}
        aria-describedby={hint === undefined ? undefined : `${name}-hint`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Labelled>
  )
}

function Labelled(props: { name: string; label: string; hint?: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={props.name}>{props.label}</label>
      {props.children}
      {props.hint !== undefined && (
        <p class="hint" id={`${props.name}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  )
}

export function Choice<Value extends string>(props: {
  readonly name: string
  readonly legend: string
  readonly value: Value | null
  readonly options: readonly { readonly value: Value; readonly label: ComponentChildren }[]
  readonly onChange: (value: Value) => void
}) {
  return (
    <fieldset class="field">
      <legend>{props.legend}</legend>
      {props.options.map((option) => (
        <label class="choice" key={option.value}>
          <input
            type="radio"
            name={props.name}
            value={option.value}
            checked={option.value === props.value}
            required
            onChange={() => props.onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
