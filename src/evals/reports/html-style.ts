/** The look of the HTML report, light and dark. */

export const htmlStyle = `
:root { color-scheme: light dark; --text: #1b1f24; --soft: #5b6570; --line: #d9dee4; --back: #ffffff; --panel: #f5f7f9;
  --pass: #1a7f4b; --fail: #c0322b; --open: #9a6700; --a: #2f6fde; --b: #8a5cd1; --added: #d3f3df; --gone: #fbdcd9; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ed; --soft: #9aa5b1; --line: #30363d; --back: #111418; --panel: #1a1f25;
  --pass: #4cc38a; --fail: #f0716a; --open: #e2b93b; --a: #6ea0ff; --b: #b793f2; --added: #153d28; --gone: #4d1f1c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 28px 24px 80px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 36px 0 10px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; }
.facts, .note { color: var(--soft); font-size: 13px; margin: 6px 0; }
.badge { padding: 2px 12px; border-radius: 999px; color: #fff; font-weight: 600; font-size: 14px; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .inconclusive, .error { color: var(--open); }
.badge.pass { background: #1a7f4b; color: #fff; } .badge.fail { background: #c0322b; color: #fff; }
.badge.inconclusive { background: #9a6700; color: #fff; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; font-size: 14px; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: 13px; }
td.wrap { white-space: normal; min-width: 220px; }
svg text { fill: var(--soft); font-size: 11px; }
svg .axis { stroke: var(--line); } svg .bound { stroke: var(--fail); stroke-dasharray: 3 3; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.charts { display: flex; flex-wrap: wrap; gap: 24px; }
.charts figure { margin: 0; flex: 1 1 440px; } figcaption { color: var(--soft); font-size: 13px; margin-bottom: 4px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0; align-items: center; }
button, input { font: inherit; font-size: 14px; color: inherit; background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; padding: 4px 12px; }
button { cursor: pointer; } button[aria-pressed="true"] { border-color: var(--a); color: var(--a); }
button:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--a); outline-offset: 1px; }
input { min-width: 240px; }
details.case { border-bottom: 1px solid var(--line); }
details.case > summary { padding: 8px 4px; cursor: pointer; display: flex; gap: 12px; align-items: baseline; }
details.case > summary .id { font-family: ui-monospace, monospace; font-size: 13px; min-width: 200px; }
details.case > summary .why { color: var(--soft); font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 12px; padding: 4px 0 16px; }
.answer { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; min-width: 0; }
.answer h4 { margin: 0 0 6px; font-size: 13px; font-weight: 600; display: flex; justify-content: space-between; gap: 8px; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; max-height: 420px; overflow: auto; }
pre.asked { max-height: 180px; padding: 2px 4px 10px; color: var(--soft); }
ins { background: var(--added); text-decoration: none; } del { background: var(--gone); text-decoration: none; }
ul.asserts { list-style: none; margin: 8px 0 0; padding: 0; font-size: 13px; }
ul.asserts li { padding: 1px 0; overflow-wrap: anywhere; }
`
