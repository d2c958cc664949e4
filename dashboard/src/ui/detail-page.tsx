/** The page of one thing below its list: the way back, what may be done with it, and what stands in where there is none. */

import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import type { Crumb } from './crumbs.tsx'
import { Empty } from './empty.tsx'
import { type Asked, Loaded } from './loaded.tsx'
import { Page } from './page.tsx'
import { UntrustedText } from './untrusted-text.tsx'

interface DetailPageProps<Data> {
  /** Its list, and what lies between, the highest first. */
  readonly above: readonly Crumb[]
  /** What one is called, such as `Batch`. */
  readonly kind: string
  /** Of this one; its id where it has no name. */
  readonly name: string
  /** At the head of the page, where its name alone says little. */
  readonly title?: string
  /** Among what lies above it, where that is shorter than the title. */
  readonly here?: string
  readonly query: Asked<Data>
  /** Why there may be none of this name. */
  readonly unknown?: ReactNode
  readonly action?: ReactNode
  children(data: Data): ReactNode
}

export function DetailPage<Data>(props: DetailPageProps<Data>): ReactNode {
  const { above, kind, name, title = name, here = title, query, unknown, action, children } = props
  const isUnknown = query.error instanceof ApiError && query.error.status === 404
  return (
    <Page
      name={`${kind} ${visible(name)}`}
      title={<UntrustedText text={title} />}
      here={<UntrustedText text={here} />}
      above={above}
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
