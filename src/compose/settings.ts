/** The administration route of the settings in force: everything but the secrets, which never print themselves. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { Json } from '../core/json.ts'
import { packageVersion } from './package-version.ts'

/** `GET /settings`. */
export function settingsRoutes(config: () => Config): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/settings',
      isOfInstance: true,
      policy: 'settings:read',
      summary: 'The configuration in force, with its defaults; secrets are `***`.',
      response: z.object({
        version: z.string(),
        file: z.string().optional(),
        settings: z.record(z.string(), z.unknown()),
      }),
      run() {
        const { file, sources: _, routes, ...sections } = config()
        // Revisions stand among the routes, as `name@number`.
        const named = Object.entries(routes).filter(([name]) => !name.includes('@'))
        const settings = { ...sections, routes: Object.fromEntries(named) }
        return {
          body: {
            version: packageVersion(),
            ...(file !== undefined && { file }),
            settings: JSON.parse(JSON.stringify(settings)) as Json,
          },
        }
      },
    }),
  ]
}
