/** The head of a page: its name, which takes the focus when the page is entered, and its one action. */

import { type ReactNode, useEffect, useRef } from 'react'
import './page.css'

interface PageProps {
  readonly title: ReactNode
  /** Of the browser's tab; the title where that is plain text. */
  readonly name: string
  readonly action?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, name, action, children }: PageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${name} · Weir`
    heading.current?.focus({ preventScroll: true })
  }, [name])
  return (
    <>
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {action}
      </div>
      <div className="stack">{children}</div>
    </>
  )
}
