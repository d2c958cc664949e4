/** The way down to a page that lies below a list: in the header where there is room, else above the page's name. */

import { useMediaQuery } from '@mantine/hooks'
import { Link, type LinkProps } from '@tanstack/react-router'
import { createContext, type ReactNode, use } from 'react'
import { createPortal } from 'react-dom'
import { UntrustedText } from './untrusted-text.tsx'
import './crumbs.css'

export interface Crumb {
  readonly label: string
  readonly link: Pick<LinkProps, 'to' | 'params' | 'search'>
}

/** The place of the header; null until it stands. */
export const CrumbsPlace = createContext<HTMLElement | null>(null)

const narrow = '(max-width: 900px)'

interface CrumbsProps {
  /** What lies above the page, the highest first. */
  readonly above: readonly Crumb[]
  readonly here: ReactNode
}

export function Crumbs({ above, here }: CrumbsProps): ReactNode {
  const place = use(CrumbsPlace)
  const isNarrow = useMediaQuery(narrow, undefined, { getInitialValueInEffect: false })
  const trail = (
    <nav className="crumbs" aria-label="Breadcrumbs">
      <ol>
        {above.map(({ label, link }) => (
          <li key={label}>
            <Link {...link} activeOptions={{ exact: true }}>
              <UntrustedText text={label} />
            </Link>
          </li>
        ))}
        {!isNarrow && <li aria-current="page">{here}</li>}
      </ol>
    </nav>
  )
  return isNarrow ? trail : place && createPortal(trail, place)
}
