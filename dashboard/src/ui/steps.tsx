/** The ways to the thing before and to the one after: two buttons, and the keys `[` and `]`. */

import { ActionIcon } from '@mantine/core'
import { type ReactNode, useLayoutEffect } from 'react'
import { Icon, type IconName } from './icon.tsx'
import { onSingleKey } from './single-keys.ts'

interface StepsProps {
  /** What is gone through, such as `request`. */
  readonly of: string
  /** Absent at the first. */
  readonly back: (() => void) | undefined
  /** Absent at the last. */
  readonly on: (() => void) | undefined
}

export function Steps({ of, back, on }: StepsProps): ReactNode {
  // From the moment on at which the buttons lead there too.
  useLayoutEffect(() => onSingleKey({ '[': () => back?.(), ']': () => on?.() }))
  return (
    <ActionIcon.Group>
      <Step label={`Previous ${of}`} icon="back" go={back} />
      <Step label={`Next ${of}`} icon="on" go={on} />
    </ActionIcon.Group>
  )
}

interface StepProps {
  readonly label: string
  readonly icon: IconName
  readonly go: (() => void) | undefined
}

function Step({ label, icon, go }: StepProps): ReactNode {
  return (
    <ActionIcon
      variant="default"
      size={30}
      aria-label={label}
      title={label}
      disabled={go === undefined}
      onClick={go}
    >
      <Icon name={icon} />
    </ActionIcon>
  )
}
