/** The look of Mantine's components: colours by token, dense controls, system type. */

import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const accent: MantineColorsTuple = [
  '#E7F0FC',
  '#C3DAF8',
  '#96BFF0',
  '#7DB2FF',
  '#649FE3',
  '#2F75C4',
  '#1B5FC4',
  '#1A5BA6',
  '#124680',
  '#0C3A73',
]

const red: MantineColorsTuple = [
  '#FCE8E8',
  '#F8CFCF',
  '#F5B0B0',
  '#FF8F8F',
  '#FF8F8F',
  '#D64550',
  '#B4232C',
  '#9A1D25',
  '#7D171E',
  '#5F1117',
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  colors: { accent, red },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    Modal: { defaultProps: { centered: true, radius: 8, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { radius: 8, transitionProps: { duration: 120 } } },
  },
})

/** Mantine's own variables, in terms of the tokens of `styles.css`; its defaults are told per scheme, so these are too. */
const variables = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-2)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--sunken)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--edge)',
  '--mantine-primary-color-filled': 'var(--fill)',
  '--mantine-color-accent-light-color': 'var(--accent)',
}

export const themeVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variables,
  dark: variables,
})
