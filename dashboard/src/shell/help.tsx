/** The keys that the dashboard knows, and the switch for those that are a single one. */

import { Kbd, Switch } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { places } from './places.ts'
import { useSingleKeys } from '../ui/single-keys.ts'

export function Help({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [isOn, setOn] = useSingleKeys()
  return (
    <Dialog onClose={onClose} title="Keys of the keyboard">
      <Switch
        label="Single keys"
        description="Off, letters and signs do nothing by themselves; Ctrl K and Esc stay."
        checked={isOn}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
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
          [
            'Previous request, next one',
            <span key="beside">
              <Kbd>[</Kbd> <Kbd>]</Kbd>
            </span>,
          ],
          ['Hold the page, go on', <Kbd key="live">l</Kbd>],
          ['Copy the link', <Kbd key="copy">y</Kbd>],
          ['Close', <Kbd key="close">Esc</Kbd>],
        ]}
      />
    </Dialog>
  )
}
