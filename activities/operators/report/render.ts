import { formatInstant } from './format.js';
import { html, trustedHtml } from './html.js';
import type { ReportData } from './report-data.js';
import { renderSection } from './sections.js';
import { styles } from './styles.js';

/** Forbids the page all scripts and all requests, whatever its content. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Renders a report as one page that needs nothing else: no script, no font, no request. */
export function render(report: ReportData): string {
  const sections = report.sections.map((section, index) => ({ section, id: `s${index + 1}` }));
  const paragraphs = (text: string) =>
    text
      .split(/\n\s*\n/)
      .map((paragraph) => paragraph.trim())
      .filter((paragraph) => paragraph !== '')
      .map((paragraph) => html`<p>${paragraph}</p>\n`);
  const { start, end } = report.dataInterval;
  const datasets = Object.keys(report.inputs);
  const made = datasets.length === 0 ? [] : [`from ${datasets.join(', ')}`];
  const facts = [
    ['DAG', report.dagId],
    ['Run', report.runId],
    ['Logical date', formatInstant(report.logicalDate)],
    ['Data interval (UTC)', [start, end].map((time) => formatInstant(time).replace(' UTC', '')).join(' – ')],
    ['Report made', formatInstant(report.generatedAt)],
  ] as const;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Nightjar">
<title>${report.title}</title>
<link rel="icon" href="data:,">
<style>${trustedHtml(styles)}</style>
</head>
<body>
<div class="page">
<header>
<h1>${report.title}</h1>
${report.description === '' ? '' : html`<p class="lead">${report.description}</p>`}
<dl class="facts">
${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
</header>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ol>
${sections.map(({ section, id }) => html`<li><a href="#${id}">${section.title}</a></li>\n`)}</ol>
</nav>
<main>
${sections.map(
  ({ section, id }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${section.title}</h2>
${paragraphs(section.text)}${renderSection(section, report.stages, id)}</section>
`,
)}</main>
<footer>${['Made by Nightjar', ...made, 'times in UTC', 'the numbers behind every chart are in report.json'].join(' · ')}</footer>
</div>
</body>
</html>
`;
  return page.toString();
}
