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
        written: z
          .array(z.string())
          .describe('The paths of those that the file has, with dots between their parts; lists as a whole.'),
      }),
      run() {
        const { file, sources: _, written, routes, ...sections } = config()
        // Revisions stand among the routes, as `name@number`.
        const named = Object.entries(routes).filter(([name]) => !name.includes('@'))
        const settings = { ...sections, routes: Object.fromEntries(named) }
        return {
          body: {
            version: packageVersion(),
            ...(file !== undefined && { file }),
            settings: JSON.parse(JSON.stringify(settings)) as Json,
            // In force the folder of data has a name of its own: it is absolute then.
            written: written.map((path) => path.join('.').replace(/^data$/, 'dataDir')),
          },
        }
      },
    }),
  ]
}
