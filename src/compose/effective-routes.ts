/** The routes that are in force: those of the file, with what their live revisions say in their place. */

import { formatPath } from '../config/fault.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import type { Config } from '../config/load.ts'
import type { ProviderChoice } from '../config/providers.ts'
import { checkRoutes } from '../config/route-references.ts'
import { routeSettings } from '../config/route-settings.ts'
import type { Settings } from '../config/schema.ts'
import { toFindings } from '../config/shape.ts'
import type { Json } from '../core/json.ts'
import type { CheckedSettings } from '../rollout/admin.ts'
import type { Shelf } from '../rollout/shelf.ts'

type Routes = Config['routes']

/** Of each route, so many of the newest revisions can be asked as `route@number`. */
const reachableRevisions = 20

/** `onUnusable` hears of live revisions that do not fit the file: what the file says is in force then. */
export function effectiveRoutes(
  file: Config,
  { shelf, org }: { readonly shelf: Shelf; readonly org: string },
  onUnusable: (route: string, message: string) => void,
): Routes {
  const wanted: Record<string, Routes[string]> = {}
  for (const [route, settings] of Object.entries(file.routes)) {
    const pointer = shelf.pointer(org, route)
    wanted[route] = settings
    if (!pointer) continue
    const all = shelf.revisions(org, route)
    const reachable = new Set([...all.slice(-reachableRevisions).map(({ number }) => number), pointer.live])
    if (pointer.canary) reachable.add(pointer.canary.revision)
    for (const { number, settings: kept } of all) {
      const read = completeRoute(kept) as Routes[string] | undefined
      if (!read || !reachable.has(number)) continue
      wanted[`${route}@${number}`] = read
      if (number === pointer.live) wanted[route] = read
    }
  }
  return withoutFaults(file, wanted, onUnusable)
}

/** The settings with all defaults; undefined where they are none of a route. */
export function completeRoute(settings: Json): Json | undefined {
  const read = routeSettings.safeParse(settings)
  return read.success ? (read.data as unknown as Json) : undefined
}

/** Where these settings lead: `provider/model` and names of other routes. Throws where they are none of a route. */
export function targetsOf(settings: Json): string[] {
  return routeSettings.parse(settings).targets.map(({ target }) => target)
}

/** A route with these settings among the others. */
export function checkRoute(file: Config, others: Routes, route: string, settings: Json): CheckedSettings {
  const read = routeSettings.safeParse(settings)
  const findings = read.success
    ? faultsOf(file, { ...others, [route]: read.data } as Routes)
    : read.error.issues.flatMap((issue) =>
        toFindings(issue, ['routes', route], { routes: { [route]: settings } }, configJsonSchema()),
      )
  const [first, ...more] = findings
    .filter(({ path }) => path[1] === route)
    .map(({ path, message, mend }) => ({ path: formatPath(path.slice(2)), message, mend }))
  return first ? { faults: [first, ...more] } : { settings: read.data as unknown as Json }
}

/** A revision may name a provider that is no longer there: then the route is what the file says. */
function withoutFaults(
  file: Config,
  wanted: Routes,
  onUnusable: (route: string, message: string) => void,
): Routes {
  const usable: Record<string, Routes[string]> = { ...wanted }
  for (const { path, message } of faultsOf(file, wanted)) {
    const name = String(path[1])
    const ofFile = file.routes[name]
    if (ofFile) {
      usable[name] = ofFile
      onUnusable(name, message)
    } else delete usable[name]
  }
  return faultsOf(file, usable).length === 0 ? usable : file.routes
}

function faultsOf(file: Config, routes: Routes) {
  const providers = file.providers as unknown as Readonly<Record<string, ProviderChoice>>
  return checkRoutes({ routes } as unknown as Settings, providers)
}
