/** Adds filters and takes them away; a request's id leads to the request. Where there is little room they are in a sheet. */

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { onSingleKey } from '../ui/single-keys.ts'
import { Dialog } from '../ui/dialog.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { faultOf, type FilterField, filterFields, type WrittenFilters } from './filters.ts'
import './requests.css'

interface FilterBarProps {
  readonly filters: WrittenFilters
  onChange(filters: WrittenFilters): void
}

const requestId = /^req_\w{8,}$/
const small = '(max-width: 640px)'

const hints: { readonly [Field in FilterField]?: string } = {
  status: '429, 5xx, error, !2xx, or a request id',
  cost_gt: '0.05',
  ms_gt: '2000',
  q: 'In an id, a name, a tag or an error',
}
const hint = 'a,b · !not · begins*, or a request id'

export function FilterBar(props: FilterBarProps): ReactNode {
  const isSmall = useMediaQuery(small, undefined, { getInitialValueInEffect: false })
  const [isOpen, setOpen] = useState(false)
  if (!isSmall) return <Bar {...props} />
  const count = Object.keys(props.filters).length
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {count === 0 ? 'Filters' : `Filters (${count})`}
      </Button>
      {isOpen && (
        <Dialog onClose={() => setOpen(false)} title="Filters">
          <Bar {...props} />
        </Dialog>
      )}
    </>
  )
}

function Bar({ filters, onChange }: FilterBarProps): ReactNode {
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
          size="xs"
          aria-label="Filter by"
          value={field}
          onChange={(event) => {
            setField(event.currentTarget.value as FilterField)
            setFault(undefined)
          }}
          data={Object.entries(filterFields).map(([value, label]) => ({ value, label }))}
        />
        <TextInput
          ref={input}
          size="xs"
          aria-label="Value of the filter, or a request id"
          placeholder={hints[field] ?? hint}
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          Filter
        </Button>
      </form>
      <FilterChips
        titles={filterFields}
        filters={filters}
        onChange={onChange}
        onEdit={(name, value) => {
          setField(name)
          setText(value)
          input.current?.focus()
        }}
      />
    </div>
  )
}

function useFocusBySlash(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(
    () =>
      onSingleKey({
        '/': (event) => {
          event.preventDefault()
          input.current?.focus()
        },
      }),
    [input],
  )
}
