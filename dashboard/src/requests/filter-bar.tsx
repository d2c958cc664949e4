/** Adds filters and takes them away; a request's id leads to the request. */

import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { faultOf, type FilterField, filterFields, type Filters } from './filters.ts'
import './requests.css'

interface FilterBarProps {
  readonly filters: Filters
  onChange(filters: Filters): void
}

const requestId = /^req_\w{8,}$/

export function FilterBar({ filters, onChange }: FilterBarProps): ReactNode {
  const navigate = useNavigate()
  const [field, setField] = useState<FilterField>('status')
  const [text, setText] = useState('')
  const [fault, setFault] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  useFocusBySlash(input)
  const add = () => {
    const value = text.trim()
    if (value === '') return
    if (requestId.test(value)) return void navigate({ to: '/requests/$id', params: { id: value } })
    const found = faultOf(field, value)
    setFault(found)
    if (found !== undefined) return
    setText('')
    onChange({ ...filters, [field]: value })
  }
  const given = Object.entries(filters) as [FilterField, string][]
  return (
    <div className="stack filter-bar">
      <form
        className="row"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          add()
        }}
      >
        <NativeSelect
          aria-label="Filter by"
          value={field}
          onChange={(event) => setField(event.currentTarget.value as FilterField)}
          data={Object.entries(filterFields).map(([value, label]) => ({ value, label }))}
        />
        <TextInput
          ref={input}
          aria-label="Value of the filter, or a request id"
          placeholder={field === 'status' ? '429, 5xx, or a request id' : 'Value, or a request id'}
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" size="sm">
          Filter
        </Button>
      </form>
      {given.length > 0 && (
        <ul className="row filter-chips" aria-label="Filters">
          {given.map(([name, value]) => (
            <li key={name}>
              <span className="dim">{filterFields[name]}</span> <UntrustedText text={value} />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={`Remove the filter ${filterFields[name]}`}
                onClick={() => onChange(Object.fromEntries(given.filter(([other]) => other !== name)))}
              >
                ✕
              </ActionIcon>
            </li>
          ))}
          <li className="filter-clear">
            <Button variant="subtle" onClick={() => onChange({})}>
              Clear filters
            </Button>
          </li>
        </ul>
      )}
    </div>
  )
}

function useFocusBySlash(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target as Element).closest('input, textarea, select')) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [input])
}
