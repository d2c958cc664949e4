/** Backups: written over the control socket alone, where the caller says, and put back while no gateway runs. */

import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { backUpDataDir } from '../storage/backup.ts'
import { type Restored, restoreDataDir } from '../storage/restore.ts'
import { packageVersion } from './package-version.ts'

const body = z.strictObject({
  path: z.string().refine(isAbsolute, 'not an absolute path').describe('The file to write.'),
})

/** `bringUp`: puts what is on its way into the databases there. */
export function backupRoutes(dataDir: string, clock: Clock, bringUp: () => void): AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/backups',
      isOfInstance: true,
      policy: 'instance:write',
      audit: { action: 'backup.write', object: ({ body: { path } }) => `file:${path}` },
      summary: 'Writes a backup of the data directory into one file.',
      body,
      async run({ body: { path } }) {
        bringUp()
        const about = { version: packageVersion(), createdAt: new Date(clock.nowMs()).toISOString() }
        const manifest = await backUpDataDir(dataDir, path, about).catch((cause: NodeJS.ErrnoException) => {
          if (cause.code === undefined) throw cause
          const why = cause.code === 'EEXIST' ? 'is there already' : `cannot be written (${cause.code})`
          throw new GatewayError('invalid_request', `The file ${path} ${why}.`, { param: 'path', cause })
        })
        return { status: 201, body: { path, ...manifest } }
      },
    }),
  ]
}

/** Replaces nothing unless told to. Throws Error where the archive is damaged or the directory is in use. */
export function restoreBackup(archive: string, dataDir: string, replace: boolean): Promise<Restored> {
  return restoreDataDir({ archive, dataDir, replace, nowMs: systemClock.nowMs() })
}
