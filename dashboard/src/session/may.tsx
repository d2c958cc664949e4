/** Shows what it holds to whoever the gateway lets do it, and nothing to the others. */

import type { ReactNode } from 'react'
import type { Operation } from '../api/client.ts'
import { useMay } from './me.ts'

interface MayProps {
  /** What the button within leads to. */
  readonly call: Operation
  readonly children: ReactNode
}

export function May({ call, children }: MayProps): ReactNode {
  return useMay(call) ? children : null
}
