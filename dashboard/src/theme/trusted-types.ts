/** The one Trusted Types policy: it lets the component library fill style elements, and nothing write markup. */

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createHTML(text: string): string | null }): unknown
}

/** Mantine writes style sheets by `innerHTML`. Text without `<` makes no element, so it may pass; all else is refused. */
export function admitStyleText(): void {
  const { trustedTypes } = window as Window & { trustedTypes?: TrustedTypesFactory }
  trustedTypes?.createPolicy('default', { createHTML: (text) => (text.includes('<') ? null : text) })
}
