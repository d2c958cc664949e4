/** The head of a page: its name, which has the focus after a way led to the page, and its one action. */

import { type ReactNode, useEffect } from 'react'
import { type Crumb, Crumbs } from './crumbs.tsx'
import './page.css'

interface PageProps {
  readonly title: ReactNode
  /** Of the browser's tab; the title where that is plain text. */
  readonly name: string
  /** What it lies below, the highest first. */
  readonly above?: readonly Crumb[]
  /** What it is called among these; its title where absent. */
  readonly here?: ReactNode
  readonly action?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, name, above, here = title, action, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${name} · Weir`
  }, [name])
  return (
    <>
      <div className="page-head">
        {above && <Crumbs above={above} here={here} />}
        <h1 tabIndex={-1}>{title}</h1>
        {action && <div className="page-action">{action}</div>}
      </div>
      <div className="stack">{children}</div>
    </>
  )
}
