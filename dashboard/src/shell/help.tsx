/** The keys that the dashboard knows. */

import { Kbd } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { places } from './places.ts'

export function Help({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog onClose={onClose} title="Keys">
      <Facts
        isList
        facts={[
          ['Go to anything', <Kbd key="palette">Ctrl K</Kbd>],
          ['These keys', <Kbd key="help">?</Kbd>],
          ...places.flatMap(({ label, letter }) =>
            letter === undefined ? [] : [[label, <Kbd key={letter}>g {letter}</Kbd>] as const],
          ),
          [
            'Next row, the one before',
            <span key="rows">
              <Kbd>j</Kbd> <Kbd>k</Kbd>
            </span>,
          ],
          ['Filter', <Kbd key="filter">/</Kbd>],
          ['Range', <Kbd key="range">t</Kbd>],
          ['Copy the link', <Kbd key="copy">y</Kbd>],
          ['Close', <Kbd key="close">Esc</Kbd>],
        ]}
      />
    </Dialog>
  )
}
