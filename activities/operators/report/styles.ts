/** The style sheet of the page. Okabe and Ito's palette is in `--c1` … `--c7`; `--c8` is a neutral grey. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #1c2128; --soft: #5b6470; --rule: #c9ced6; --grid: #e8ebef; --link: #0a5c96;
  --c1: #0072b2; --c2: #d55e00; --c3: #009e73; --c4: #b8649a; --c5: #d18f00; --c6: #3f9fdb; --c7: #8a7f00; --c8: #7b838f;
  --c1-soft: #cfe3f0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1c2026; --ink: #e6e9ed; --soft: #a2abb7; --rule: #454d58; --grid: #2a3038; --link: #7cc4f5;
    --c1: #3d9bd6; --c2: #e8772e; --c3: #22b48b; --c4: #d28bba; --c5: #e0a92e; --c6: #7fc4ef; --c7: #c9bd3a; --c8: #939ca8;
    --c1-soft: #1f3d52;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, "Liberation Sans", sans-serif; -webkit-text-size-adjust: 100%;
}
a { color: var(--link); text-underline-offset: .15em; }
.page { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .35rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .35rem; }
p { margin: 0 0 .6rem; max-width: 44rem; }
.lead { font-size: 1.05rem; color: var(--soft); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem 1.5rem; margin: 1.25rem 0 0;
  padding: .9rem 0; border-block: 1px solid var(--rule); font-size: .8125rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
nav { margin: 1.5rem 0 0; font-size: .9375rem; }
nav h2 { font-size: .875rem; font-weight: 600; color: var(--soft); margin: 0 0 .35rem; }
nav ol { margin: 0; padding-left: 1.9rem; columns: 18rem; }
nav li { break-inside: avoid; padding: .1rem 0; }
section { margin-top: 3rem; scroll-margin-top: 1rem; }
figure { margin: 1rem 0 0; }
.axis { font-size: .8125rem; color: var(--soft); margin: 0; }
.chart svg { display: block; width: 100%; height: auto; }
.chart .narrow { display: none; }
.chart text { font-size: 12px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 .5rem; padding: 0; font-size: .8125rem; }
.legend li { display: inline-flex; align-items: center; gap: .4rem; overflow-wrap: anywhere; }
.legend svg { flex: none; width: 1.25rem; height: .75rem; }
.note { font-size: .8125rem; color: var(--soft); margin: .35rem 0 0; }
.empty { padding: 1.5rem 1rem; background: var(--panel); border-radius: .375rem; color: var(--soft); margin-top: 1rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 11.5rem), 1fr)); gap: .75rem; margin: 1rem 0 0; }
.figures div { display: flex; flex-direction: column; background: var(--panel); border-radius: .375rem; padding: .8rem 1rem; }
.figures dt { font-size: .8125rem; color: var(--soft); }
.figures dd { order: 1; margin: .15rem 0 0; font-size: 1.4rem; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
details { margin-top: .6rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
.scroll { overflow-x: auto; margin-top: .6rem; }
details .scroll { max-height: 26rem; overflow: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { padding: .35rem .9rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); }
th:last-child, td:last-child { padding-right: .25rem; }
thead th { border-bottom-color: var(--rule); font-weight: 600; color: var(--soft); }
tbody th { font-weight: 500; }
.number { text-align: right; }
td.number, td.instant, td.date { white-space: nowrap; }
tbody th:not(.number) { min-width: 7rem; }
pre { overflow-x: auto; padding: .75rem 1rem; background: var(--panel); border-radius: .375rem; font: .8125rem/1.5 ui-monospace, "SF Mono",
  Menlo, Consolas, "Liberation Mono", monospace; margin: .6rem 0 0; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: .8125rem; color: var(--soft); }
@media screen and (max-width: 37.5rem) {
  .page { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .figures div { padding: .6rem .75rem; }
  .figures dd { font-size: 1.15rem; }
  .chart .wide { display: none; }
  .chart .narrow { display: block; max-width: 30rem; }
}
@media print {
  @page { margin: 16mm; }
  body { font-size: 10.5pt; }
  .page { max-width: none; padding: 0; }
  section { margin-top: 1.6rem; break-inside: avoid-page; }
  h2, h3 { break-after: avoid; }
  figure, .figures div, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  details { display: none; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
