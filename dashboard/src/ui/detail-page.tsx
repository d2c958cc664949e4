/** The page of one thing below its list: the way back, what may be done with it, and what stands in where there is none. */

import type { LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import { Empty } from './empty.tsx'
import { type Asked, Loaded } from './loaded.tsx'
import { Page } from './page.tsx'
import { UntrustedText } from './untrusted-text.tsx'

interface DetailPageProps<Data> {
  readonly list: { readonly to: NonNullable<LinkProps['to']>; readonly label: string }
  /** What one is called, such as `Batch`. */
  readonly kind: string
  /** Of this one; its id where it has no name. */
  readonly name: string
  readonly query: Asked<Data>
  /** Why there may be none of this name. */
  readonly unknown?: ReactNode
  readonly action?: ReactNode
  children(data: Data): ReactNode
}

export function DetailPage<Data>(props: DetailPageProps<Data>): ReactNode {
  const { list, kind, name, query, unknown, action, children } = props
  const isUnknown = query.error instanceof ApiError && query.error.status === 404
  return (
    <Page
      name={`${kind} ${visible(name)}`}
      title={<UntrustedText text={name} />}
      above={[{ label: list.label, link: { to: list.to } }]}
      action={action}
    >
      {isUnknown ? (
        <Empty title={`No such ${kind.toLowerCase()}.`}>{unknown}</Empty>
      ) : (
        <Loaded query={query} what={`the ${kind.toLowerCase()}`} height={480}>
          {children}
        </Loaded>
      )}
    </Page>
  )
}
