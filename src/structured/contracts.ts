/** Opens the contracts of requests; what checks schemas is loaded with the first of them. */

import type { SchemaChecker } from '../schema/checker.ts'
import { type Contract, type OpenOptions, openContract } from './contract.ts'
import type { ContractSettings } from './port.ts'

export interface Contracts {
  /** Undefined, at once, where the request asks for nothing that is checked. Rejects with GatewayError. */
  open(
    request: Omit<OpenOptions, 'settings'>,
    route: string | undefined,
  ): Contract | Promise<Contract | undefined> | undefined
  close(): Promise<void>
}

export interface ContractsParts {
  settingsOf(route: string | undefined): ContractSettings
  /** Loads the compiler of schemas: it costs more than the rest of the start. */
  loadChecker(): Promise<SchemaChecker>
}

export function createContracts({ settingsOf, loadChecker }: ContractsParts): Contracts {
  let checker: Promise<SchemaChecker> | undefined
  return {
    open(options, route) {
      const { format, tools } = options.request
      if (format?.type !== 'json-schema' && tools === undefined) return undefined
      const settings = settingsOf(route)
      if (format?.type !== 'json-schema' && settings.toolArguments === 'off') return undefined
      return openContract({ ...options, settings }, () => (checker ??= loadChecker()))
    },
    async close() {
      await (await checker)?.close()
    },
  }
}
