/** Shows what it holds to whoever may do it, and nothing to the others. */

import type { ReactNode } from 'react'
import { type Policy, useMay } from './me.ts'

interface Props {
  readonly policy: Policy
  readonly children: ReactNode
}

export function WhoMay({ policy, children }: Props): ReactNode {
  return useMay(policy) ? children : null
}
