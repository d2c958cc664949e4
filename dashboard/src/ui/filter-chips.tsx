/** What a page is narrowed to, and the way out of it. Nothing where it is narrowed to nothing. */

import { ActionIcon, Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { UntrustedText } from './untrusted-text.tsx'
import './filter-chips.css'

interface FilterChipsProps<Name extends string> {
  /** Each filter with what people call it. */
  readonly titles: Readonly<Record<Name, string>>
  readonly filters: { readonly [Of in Name]?: string | undefined }
  onChange(filters: { readonly [Of in Name]?: string }): void
  /** Puts one where it can be written anew. */
  onEdit?(name: Name, value: string): void
}

export function FilterChips<Name extends string>(props: FilterChipsProps<Name>): ReactNode {
  const { titles, filters, onChange, onEdit } = props
  const given = (Object.entries(filters) as [Name, string | undefined][]).filter(
    (pair): pair is [Name, string] => pair[1] !== undefined,
  )
  if (given.length === 0) return null
  const without = (name: Name) =>
    Object.fromEntries(given.filter(([other]) => other !== name)) as { [Of in Name]?: string }
  return (
    <ul className="row chips" aria-label="Filters">
      {given.map(([name, value]) => (
        <li key={name}>
          {onEdit ? (
            <button type="button" title="Change it" onClick={() => onEdit(name, value)}>
              <Told title={titles[name]} value={value} />
            </button>
          ) : (
            <Told title={titles[name]} value={value} />
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            aria-label={`Remove the filter ${titles[name]}`}
            onClick={() => onChange(without(name))}
          >
            ✕
          </ActionIcon>
        </li>
      ))}
      <li className="chips-clear">
        <Button variant="subtle" onClick={() => onChange({})}>
          Clear filters
        </Button>
      </li>
    </ul>
  )
}

function Told({ title, value }: { readonly title: string; readonly value: string }): ReactNode {
  const isExcluded = value.startsWith('!')
  return (
    <>
      <span className="dim">{isExcluded ? `${title} is not` : title}</span>{' '}
      <UntrustedText text={isExcluded ? value.slice(1) : value} />
    </>
  )
}
