export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
};

/** Text enters a document only through here, so that it is escaped wherever it stands. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (XmlElement | string)[]
): XmlElement {
  return { name, attributes, children };
}

export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root, '')}\n`;
}

function render({ name, attributes, children }: XmlElement, indent: string): string {
  const open = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  if (children.length === 0) return `${indent}<${name}${open.join('')}/>`;
  const [first] = children;
  if (typeof first === 'string') return `${indent}<${name}${open.join('')}>${escapeXml(first)}</${name}>`;
  const inner = children.map((child) => (typeof child === 'string' ? escapeXml(child) : render(child, `${indent}  `)));
  return `${indent}<${name}${open.join('')}>\n${inner.join('\n')}\n${indent}</${name}>`;
}

// XML 1.0 has no way at all to write most control characters, not even as references: they are dropped. So are those
// that reorder or hide text.
const unwritable = /(?![\t\n])[\p{Cc}\p{Cf}\ufffe\uffff]/gu;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function escapeXml(text: string): string {
  const writable = text.toWellFormed().replace(unwritable, '');
  return writable.replace(/[&<>"'\n\t]/g, (character) => references[character] ?? '');
}
