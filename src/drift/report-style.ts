/** How a report looks, in light and in dark. */

export const reportStyle = `
:root{--ground:#fff;--ink:#1c2024;--soft:#60646c;--line:#d9dce1;--card:#f7f8fa;--blue:#0b68cb;--red:#c62a2f;--amber:#9a5b00;--green:#18794e}
@media(prefers-color-scheme:dark){:root{--ground:#111315;--ink:#edeef0;--soft:#a6abb3;--line:#33373d;--card:#1a1d20;--blue:#70b8ff;--red:#ff9592;--amber:#ffca16;--green:#3dd68c}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.7rem;margin:.1rem 0 1rem;display:flex;gap:.75rem;align-items:center;flex-wrap:wrap}
h2{font-size:1.1rem;margin:0 0 .5rem}h2::first-letter{text-transform:uppercase}
h3{font-size:.95rem;margin:1rem 0 .5rem}
h4{margin:0 0 .25rem;font-size:.95rem}
h4 small{color:var(--soft);font-weight:400;margin-left:.5rem}
h5{margin:0 0 .25rem;font-size:.75rem;color:var(--soft);text-transform:uppercase;letter-spacing:.04em}
.kind{margin:0;color:var(--soft);font-size:.8rem;text-transform:uppercase;letter-spacing:.06em}
.badge{font-size:.75rem;font-weight:600;padding:.15rem .6rem;border-radius:99px;border:1px solid currentColor;text-transform:none}
.badge.ok{color:var(--green)}.badge.drift{color:var(--red)}.badge.warning{color:var(--amber)}.badge.no-data{color:var(--soft)}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:0 0 1.25rem}
dt{color:var(--soft);font-size:.8rem}dd{margin:0}
.reasons{margin:0 0 1.25rem;padding:.75rem 1rem .75rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:8px}
.note{color:var(--soft)}
.calm{color:var(--soft)}
.wide{overflow-x:auto;margin-bottom:1.5rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;font-size:.8rem}
tbody th{font-weight:500}
tr.alarm th,tr.alarm td{color:var(--red)}
section{border:1px solid var(--line);border-radius:8px;padding:1rem;margin-bottom:1rem}
svg{width:100%;height:auto;display:block}
svg .band{fill:var(--soft);opacity:.13}
svg .mean{stroke:var(--soft);stroke-dasharray:4 4}
svg .split{stroke:var(--line)}
svg .line{fill:none;stroke:var(--blue);stroke-width:1.5;opacity:.55}
svg circle{fill:var(--blue)}
svg circle.baseline{fill:var(--soft)}
svg circle.alarm{fill:var(--red)}
svg circle.run{stroke:var(--ground);stroke-width:2}
svg .tick{fill:var(--soft);font:11px system-ui,sans-serif}
summary{cursor:pointer;color:var(--soft);padding:.5rem 0}
article{border-top:1px solid var(--line);padding:.75rem 0}
.question{margin:0 0 .5rem;color:var(--soft)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
@media(max-width:44rem){.pair{grid-template-columns:1fr}}
pre{margin:0;padding:.6rem;background:var(--card);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace;max-height:16rem;overflow:auto}
footer{color:var(--soft);font-size:.8rem;margin-top:1.5rem}
`
