/** Keeps pages of strangers off the routes that answer without a key: a name of theirs can be made to lead here. */

import { isIPv4 } from 'node:net'
import { GatewayError } from '../core/error.ts'
import type { SideRoute } from './side-routes.ts'

/**
 * The same routes, where a request that came by a name of somebody else is refused with `host_not_allowed`: to a browser,
 * a page whose name was made to lead here (DNS rebinding) is of the same origin. `names`: those of the gateway, in
 * lower case.
 */
export function forOwnHosts(routes: readonly SideRoute[], names: () => readonly string[]): SideRoute[] {
  return routes.map((route) => ({
    ...route,
    answer(request) {
      if (!isOwn(request.header('host') ?? '', names())) {
        throw new GatewayError(
          'host_not_allowed',
          'The `Host` of the request is no name of this gateway: come by its address, or have the name added to `server.allowedHosts`.',
        )
      }
      return route.answer(request)
    },
  }))
}

/**
 * Nobody makes a name that is an address lead elsewhere, and a browser looks `localhost` up nowhere. Names of one label, as
 * containers have them, are in no public DNS. `host`: checked by `readHead`.
 */
function isOwn(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const isNobodys = !name.includes('.') || name.startsWith('[') || isIPv4(name) || name.endsWith('.localhost')
  return isNobodys || names.includes(name)
}
