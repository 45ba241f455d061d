import { element, type XmlElement, xmlDocument } from '../../reports/formats/xml.ts';

/** One line of the chart: seconds by number of results; a point that was not measured is left out. */
export type Series = { readonly name: string; readonly points: readonly (readonly [x: number, seconds: number])[] };

const size = { width: 640, height: 360, left: 56, right: 150, top: 24, bottom: 44 };
const colours = ['#1b6ca8', '#b3541e', '#2f7d4f', '#7a3e9d', '#666666'];
const lineHeight = 15;
const text = { 'font-family': 'sans-serif', 'font-size': '12', fill: '#333333' };

/** Both axes are logarithmic: a straight line of slope 1 is growth in proportion. Every name is escaped. */
export function growthChart(title: string, series: readonly Series[]): string {
  const all = series.flatMap(({ points }) => points);
  const decades = (values: readonly number[]) => {
    const logs = values.map(Math.log10);
    return [
      Math.floor(Math.min(...logs)),
      Math.max(Math.ceil(Math.max(...logs)), Math.floor(Math.min(...logs)) + 1),
    ] as const;
  };
  const xs = decades(all.map(([x]) => x));
  const ys = decades(all.map(([, seconds]) => seconds));
  const scale =
    ([from, to]: readonly [number, number], start: number, end: number) =>
    (value: number) =>
      start + ((Math.log10(value) - from) / (to - from)) * (end - start);
  const x = scale(xs, size.left, size.width - size.right);
  const y = scale(ys, size.height - size.bottom, size.top);
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: String(size.width),
      height: String(size.height),
      role: 'img',
      'aria-label': title,
    },
    element('rect', { width: '100%', height: '100%', fill: '#ffffff' }),
    ...powers(xs).flatMap((value) =>
      gridLine({ x1: x(value), x2: x(value), y1: size.top, y2: size.height - size.bottom }, String(value), 'x'),
    ),
    ...powers(ys).flatMap((value) =>
      gridLine({ x1: size.left, x2: size.width - size.right, y1: y(value), y2: y(value) }, `${value} s`, 'y'),
    ),
    element('text', { ...text, x: String(size.left), y: String(size.height - 8) }, title),
    ...series.flatMap(({ points }, index) => lineOf(points, colourOf(index), { x, y })),
    ...labelsOf(series, { x, y }),
  );
  return xmlDocument(root);
}

function powers([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => Number((10 ** (from + index)).toPrecision(1)));
}

type Line = { readonly x1: number; readonly x2: number; readonly y1: number; readonly y2: number };

function gridLine({ x1, x2, y1, y2 }: Line, label: string, axis: 'x' | 'y'): XmlElement[] {
  const at = { x1: round(x1), x2: round(x2), y1: round(y1), y2: round(y2) };
  const place =
    axis === 'x'
      ? { x: round(x1), y: round(y2 + 16), 'text-anchor': 'middle' }
      : { x: round(x1 - 6), y: round(y1 + 4), 'text-anchor': 'end' };
  return [element('line', { ...at, stroke: '#dddddd' }), element('text', { ...text, ...place }, label)];
}

type Scales = { readonly x: (value: number) => number; readonly y: (value: number) => number };

const colourOf = (index: number) => colours[index % colours.length] ?? '#000000';

function lineOf(points: Series['points'], colour: string, { x, y }: Scales): XmlElement[] {
  const placed = points.map(([at, seconds]) => [round(x(at)), round(y(seconds))] as const);
  if (placed.length === 0) return [];
  return [
    element('polyline', {
      points: placed.map((pair) => pair.join(',')).join(' '),
      fill: 'none',
      stroke: colour,
      'stroke-width': '2',
    }),
    ...placed.map(([cx, cy]) => element('circle', { cx, cy, r: '3', fill: colour })),
  ];
}

/** Names at the ends of their lines, one below the other where the ends lie close. */
function labelsOf(series: readonly Series[], { x, y }: Scales): XmlElement[] {
  const ends = series
    .flatMap(({ name, points }, index) =>
      points.slice(-1).map(([at, seconds]) => ({ name, index, at: x(at), y: y(seconds) })),
    )
    .toSorted((a, b) => a.y - b.y);
  const lowest = new Map<number, number>();
  return ends.map(({ name, index, at, y: wanted }) => {
    const place = Math.max(wanted, (lowest.get(at) ?? 0) + lineHeight);
    lowest.set(at, place);
    return element('text', { ...text, fill: colourOf(index), x: round(at + 8), y: round(place + 4) }, name);
  });
}

function round(value: number): string {
  return value.toFixed(1);
}
