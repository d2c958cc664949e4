/** A store whose readers see what is on its way into its tables, too. */

type Methods = Record<string, (...values: never[]) => unknown>

/** Calls `bringUp` before each method of the store. */
export function freshStore<Store extends object>(store: Store, bringUp: () => void): Store {
  const fresh: Methods = {}
  for (const [name, method] of Object.entries(store) as [string, Methods[string]][]) {
    fresh[name] = (...values) => {
      bringUp()
      return method(...values)
    }
  }
  return fresh as unknown as Store
}
