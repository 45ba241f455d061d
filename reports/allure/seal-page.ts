import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { severities } from './check-result.ts';

const buttonNames = readFileSync(new URL('button-names.js', import.meta.url), 'utf8');

const analytics =
  /<script async src="https:\/\/www\.googletagmanager\.com[\s\S]*?<\/script>\s*<script>[\s\S]*?<\/script>/;

const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; connect-src data: blob:; frame-src data: blob:; media-src data: blob:; worker-src blob:";

/** Without Google's tracker, which Allure has no option to leave out; a policy keeps the page off the network. */
export function sealPage(html: string, pageHead = ''): string {
  const head = `<head>
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">`;
  const sealed = html.replace(analytics, '').replace('<head>', () => head);
  return packScripts(
    sealed.replace('<div id="app"></div>', (app) => `${pageHead}${app}<script>(() => {${buttonNames}})();</script>`),
  );
}

const app = /<script\s+src="data:text\/javascript;base64,([A-Za-z0-9+/=]+)"><\/script>/;
const data = /<script defer>(\s*Promise\.allSettled\(\[[\s\S]*?)<\/script>/;

// Allure's five severities are our levels, which the page calls by their own words
const severityWords =
  '"severity":{"blocker":"blocker","critical":"critical","normal":"normal","minor":"minor","trivial":"trivial"';
const levelWords = `"severity":${JSON.stringify(
  Object.fromEntries(Object.entries(severities).map(([level, severity]) => [severity, level])),
).slice(0, -1)}`;

/** Allure's program and its data are most of a page, in base64: compressed they are a quarter of it. */
function packScripts(html: string): string {
  const [, program] = app.exec(html) ?? [];
  const [, contents] = data.exec(html) ?? [];
  // another version of Allure may write another page: it stays as it is
  if (program === undefined || contents === undefined) return html;
  const scripts = [
    contents,
    Buffer.from(program, 'base64')
      .toString('utf8')
      .replace(severityWords, () => levelWords),
  ];
  const packed = gzipSync(JSON.stringify(scripts), { level: 9 }).toString('base64');
  const loader = `<script type="application/octet-stream" id="rdc-packed">${packed}</script>\n<script>${unpack}</script>`;
  return html.replace(app, '').replace(data, () => loader);
}

const unpack = `(async () => {
  const text = atob(document.getElementById('rdc-packed').textContent);
  const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  for (const source of await new Response(stream).json()) {
    const script = document.createElement('script');
    script.textContent = source;
    document.body.append(script);
  }
})().catch((error) => {
  document.getElementById('app').textContent = 'This page needs a browser of 2023 or later: ' + error;
});`;
