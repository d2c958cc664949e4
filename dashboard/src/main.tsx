/** The dashboard's entry: what must hold before anything is drawn, then the page. */

import './theme/styles.css'
import { MantineProvider, localStorageColorSchemeManager } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LiveFeed } from './api/live-feed.ts'
import { LiveFeedContext } from './api/live-feed-context.ts'
import { createQueries } from './api/queries.ts'
import { TestKey, TestKeyContext } from './api/test-key.ts'
import { createAppRouter } from './router.tsx'
import { SessionGate } from './session/session-gate.tsx'
import { admitStyleText } from './theme/trusted-types.ts'
import { theme, themeVariables } from './theme/theme.ts'

admitStyleText()
const nonce = document.querySelector<HTMLElement>('meta[property=csp-nonce]')?.nonce ?? ''
setNonce(nonce) // the scroll lock below dialogs writes a style element of its own

const queries = createQueries()
const feed = new LiveFeed()
const testKey = new TestKey()
const router = createAppRouter(location.search)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={themeVariables}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'weir-color-scheme' })}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <LiveFeedContext value={feed}>
          <TestKeyContext value={testKey}>
            <SessionGate>
              <RouterProvider router={router} />
            </SessionGate>
          </TestKeyContext>
        </LiveFeedContext>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
