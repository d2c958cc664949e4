/** Takes the name of a route or model, with those that are known at hand. */

import { TextInput } from '@mantine/core'
import { type ReactNode, useId } from 'react'
import { useTargets } from '../api/targets.ts'

interface TargetInputProps {
  readonly value: string
  onChange(target: string): void
}

export function TargetInput({ value, onChange }: TargetInputProps): ReactNode {
  const targets = useTargets()
  const list = useId()
  return (
    <>
      <TextInput
        size="xs"
        aria-label="Route or model"
        placeholder="Route or model"
        list={list}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={list}>
        {targets.map((target) => (
          <option key={target} value={target} />
        ))}
      </datalist>
    </>
  )
}
