/** Fetches the OpenAPI document of the admin API from a gateway that is started for it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'

/** Only a composed gateway knows all rows of the API. */
export async function fetchAdminDocument(): Promise<JsonObject> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-docs-'))
  const configPath = join(folder, 'weir.yaml')
  writeFileSync(configPath, '{}')
  const log = createLog({ level: 'warn', format: 'text', destination: { write: () => true } })
  const gateway = await start({ configPath, folder, env: {}, port: 0, dataDir: join(folder, 'data'), log })
  try {
    const response = await fetch(`${gateway.url}/admin/v1/openapi.json`)
    return (await response.json()) as JsonObject
  } finally {
    await gateway.stop(true)
    rmSync(folder, { recursive: true, force: true })
  }
}
