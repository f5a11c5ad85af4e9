// Fields of a form: a label, what is wrong, a hint, tied together for screen readers.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useLocale } from '../../shared/locale.ts'
import { catalogue } from './words.ts'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly hint?: string
  /** What is wrong, or null. */
  readonly wrong?: string | null
  readonly name?: string
  readonly type?: 'text' | 'search' | 'email' | 'number' | 'date' | 'datetime-local'
  /** More than one: a larger field. */
  readonly rows?: number
  readonly maxLength?: number
  readonly required?: boolean
  readonly autocomplete?: string
  /** Numbers, dates: the least and the most. */
  readonly min?: string | number
  readonly max?: string | number
}

export function Field(props: FieldProps) {
  const words = catalogue[useLocale()]
  const id = useId()
  const { wrong = null, hint } = props
  const described = [wrong === null ? null : `${id}-wrong`, hint === undefined ? null : `${id}-hint`]
  const common = {
    id,
    name: props.name ?? id,
    value: props.value,
    maxLength: props.maxLength ?? 500,
    'aria-invalid': wrong !== null,
    'aria-required': props.required ?? false,
    'aria-describedby': described.filter((one) => one !== null).join(' ') || undefined,
    autocomplete: props.autocomplete ?? 'off',
    spellcheck: props.rows !== undefined,
  } as const
  return (
    <div class="field">
      <label for={id}>
        {props.label}
        {props.required === false && <span class="soft"> ({words.optional})</span>}
      </label>
      {props.rows === undefined ? (
        <input
          {...common}
          {...({ type: props.type ?? 'text' } as object)}
          min={props.min}
          max={props.max}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      ) : (
        <textarea {...common} rows={props.rows} onInput={(event) => props.onInput(event.currentTarget.value)} />
      )}
      {wrong !== null && (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

interface SelectProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  readonly hint?: string
  /** What is wrong, or null. */
  readonly wrong?: string | null
  readonly name?: string
}

/** One of a few. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const id = useId()
  const { wrong = null, hint } = props
  const described = [wrong === null ? null : `${id}-wrong`, hint === undefined ? null : `${id}-hint`]
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        name={props.name ?? id}
        value={props.value}
        aria-invalid={wrong !== null}
        aria-describedby={described.filter((one) => one !== null).join(' ') || undefined}
        onChange={(event) => {
          const chosen = props.options.find(({ value }) => value === event.currentTarget.value)
          if (chosen !== undefined) props.onChange(chosen.value)
        }}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
      {wrong !== null && (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** Yes or no. */
export function Check(props: {
  readonly label: ComponentChildren
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly name?: string
  readonly disabled?: boolean
}) {
  const id = useId()
  return (
    <p class="choice">
      <input
        id={id}
        name={props.name ?? id}
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
    </p>
  )
}

/** Filters above a table: a search, and a few choices beside it. */
export function Filters({ children }: { readonly children: ComponentChildren }) {
  return <search class="filters">{children}</search>
}
