/** Names with their values, in columns or as a list; what is not known is left out. */

import { Fragment, type ReactNode } from 'react'
import './facts.css'

export type Fact = readonly [name: string, value: ReactNode]

export function Facts({
  facts,
  isList = false,
}: {
  readonly facts: readonly Fact[]
  readonly isList?: boolean
}): ReactNode {
  const known = facts.filter(([, value]) => value !== undefined)
  return (
    <dl className={isList ? 'facts-list' : 'facts'}>
      {known.map(([name, value]) =>
        isList ? (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ) : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
