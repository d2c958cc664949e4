/** Builds what holds answers to the schemas of their requests. */

import type { Config } from '../config/load.ts'
import { type Contracts, createContracts } from '../structured/contracts.ts'

/** `config` gives the configuration in force. */
export function composeContracts(config: () => Config): Contracts {
  return createContracts({
    settingsOf(route) {
      const { structured, routes } = config()
      const own = route === undefined ? undefined : routes[route]?.structured
      return own ? { ...structured, ...own } : structured
    },
    async loadChecker() {
      const { createSchemaChecker } = await import('../schema/checker.ts')
      return createSchemaChecker({ limitMs: config().structured.checkTimeoutMs })
    },
  })
}
